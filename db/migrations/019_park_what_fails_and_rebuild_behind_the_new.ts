import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- A row that failed too often waits for a person: it stays, is not claimed, and says why.
    ALTER TABLE outbox
      ADD COLUMN parked_at timestamptz,
      ADD CONSTRAINT outbox_parked_check CHECK (parked_at IS NULL OR (last_error IS NOT NULL AND attempts > 0)),
      -- The last lane holds what is started again after Temporal lost it: behind everything that is new.
      DROP CONSTRAINT outbox_kind_check,
      ADD CONSTRAINT outbox_kind_check CHECK ((kind, lane) IN
        (('event', 0), ('postback', 1), ('timer', 1), ('click', 2), ('timer', 3), ('click', 3)));

    -- The list of parked rows of a workspace, oldest first, and their number.
    CREATE INDEX outbox_parked_idx ON outbox (workspace_id, outbox_id) WHERE parked_at IS NOT NULL;
  `);
}
