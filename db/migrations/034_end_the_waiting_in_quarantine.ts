import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    ALTER TABLE quarantine
      -- When the sweep looks next whether its click, its player or its time has come unnoticed, or a rule fits.
      ADD COLUMN look_again_at timestamptz NOT NULL DEFAULT now(),
      -- Since when nobody looks any more. It is still there, and goes when its click or player comes or somebody matches it.
      ADD COLUMN expired_at timestamptz;

    ALTER TABLE unmapped_reports ADD COLUMN expired_at timestamptz;

    -- How far the rule was applied to what waited when it was made or switched on; null: to all of it.
    ALTER TABLE quarantine_rules ADD COLUMN past_after uuid DEFAULT '00000000-0000-0000-0000-000000000000';

    -- When every report that waited for the mapping had been tried under it.
    ALTER TABLE status_mappings ADD COLUMN past_tried_at timestamptz;

    -- Players and clicks of whose waiting events only a first piece was let go, because one transaction releases so many
    -- and no more. Written in the transaction of that piece, and gone with the last one.
    CREATE TABLE quarantine_releases (
      kind text NOT NULL,
      ref_id uuid NOT NULL,
      -- Every event up to this one has had its turn.
      after_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
      -- How many pieces it has had; who had fewer comes first.
      pieces integer NOT NULL DEFAULT 0,
      CONSTRAINT quarantine_releases_pkey PRIMARY KEY (kind, ref_id),
      CONSTRAINT quarantine_releases_kind_check CHECK (kind IN ('player', 'click'))
    );

    -- How many wait and how many have expired, as changes to add up: nobody has to count what waits, and writers never
    -- wait for each other as they would at one counter. The sweep folds them into one row.
    CREATE TABLE quarantine_changes (
      change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      waiting bigint NOT NULL,
      expired bigint NOT NULL
    );
    ${counted('quarantine', 'released_at')}
    ${counted('unmapped_reports', 'resolved_at')}
  `);
}

/** Has every statement that changes how much of a table waits write down by how much. */
function counted(table: string, endedAt: string): string {
  const waiting = `count(*) FILTER (WHERE expired_at IS NULL)`;
  const expired = `count(*) FILTER (WHERE expired_at IS NOT NULL)`;
  return `
    CREATE FUNCTION count_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT ${waiting}, ${expired} FROM new_rows WHERE ${endedAt} IS NULL HAVING count(*) > 0;
      ELSE
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT n.waiting - o.waiting, n.expired - o.expired
        FROM (SELECT ${waiting} AS waiting, ${expired} AS expired FROM new_rows WHERE ${endedAt} IS NULL) AS n,
          (SELECT ${waiting} AS waiting, ${expired} AS expired FROM old_rows WHERE ${endedAt} IS NULL) AS o
        WHERE (n.waiting, n.expired) <> (o.waiting, o.expired);
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER ${table}_count_inserted AFTER INSERT ON ${table} REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION count_${table}();
    CREATE TRIGGER ${table}_count_updated AFTER UPDATE ON ${table}
      REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION count_${table}();
    -- The triggers keep writers out until this is committed, so nothing is missed and nothing counted twice.
    INSERT INTO quarantine_changes (waiting, expired)
    SELECT count(*), 0 FROM ${table} WHERE ${endedAt} IS NULL HAVING count(*) > 0;`;
}
