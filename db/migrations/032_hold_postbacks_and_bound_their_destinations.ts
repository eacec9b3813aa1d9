import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    ALTER TABLE postbacks
      -- From when the run counts as lost unless an attempt says otherwise: the sweep then starts another one.
      ADD COLUMN sweep_after timestamptz NOT NULL DEFAULT now() + interval '5 minutes',
      -- Since when its destination is paused: nobody delivers it until that is over.
      ADD COLUMN held_at timestamptz,
      -- The activity that settled what it reports, and was given it to deliver as its first run.
      ADD COLUMN handed_to text,
      -- Of a partner URL: the values of its macros, by which later attempts follow a changed URL.
      ADD COLUMN context jsonb,
      ADD CONSTRAINT postbacks_held_check CHECK (held_at IS NULL OR status = 'pending') NOT VALID;

    ALTER TABLE postback_attempts
      -- Whose share of attempts at once it takes while it is open, and the run that makes it. Null: made before.
      ADD COLUMN destination_id uuid,
      ADD COLUMN run integer;

    -- The latest turn that was given to a postback which waits for this destination.
    ALTER TABLE destinations ADD COLUMN next_turn_at timestamptz;
  `);
}
