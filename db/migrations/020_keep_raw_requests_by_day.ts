import type { Knex } from 'knex';

/** Raw tables that grow as fast as clicks, with their keys. */
const BY_DAY = [
  ['click_raw', 'click_id'],
  ['impression_raw', 'impression_id'],
] as const;

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The lowest v7 key of a moment: rows of that moment and later have keys from it on. Keys begin in 1970.
    CREATE FUNCTION lowest_uuid_at(at timestamptz) RETURNS uuid
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT (lpad(to_hex(ceil(extract(epoch FROM greatest(at, timestamptz '1970-01-01 00:00:00+00')) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$;

    -- Reports find the clicks of a range of days by their keys, which carry the time; this index cost every click more
    -- than it saved a report.
    DROP INDEX clicks_clicked_idx;
  `);
  for (const [table, key] of BY_DAY) await splitByDay(db, table, key);
}

/**
 * Personal data of clicks and impressions has to go after thirty days, at any rate: whole days are dropped, where a
 * DELETE would write as much again as the inserts. What is there already becomes one partition that reaches to the
 * end of tomorrow, without a copy; the days after it get partitions of their own.
 */
async function splitByDay(db: Knex, table: string, key: string): Promise<void> {
  await db.raw(`
    ALTER TABLE ${table} RENAME TO ${table}_before;
    ALTER INDEX ${table}_pkey RENAME TO ${table}_before_pkey;
    CREATE TABLE ${table} (
      ${key} uuid PRIMARY KEY,
      ip inet,
      user_agent text,
      referrer text,
      query text NOT NULL
    ) PARTITION BY RANGE (${key});
    -- Catches rows of a day without a partition, so that none is refused.
    CREATE TABLE ${table}_default PARTITION OF ${table} DEFAULT;

    DO $$
    DECLARE
      until_at timestamptz := date_trunc('day', now(), 'UTC') + interval '48 hours';
      until_key uuid := lowest_uuid_at(until_at);
    BEGIN
      IF NOT EXISTS (SELECT FROM ${table}_before) THEN
        DROP TABLE ${table}_before;
        RETURN;
      END IF;
      WITH later AS (DELETE FROM ${table}_before WHERE ${key} >= until_key RETURNING *)
        INSERT INTO ${table}_default SELECT * FROM later;
      EXECUTE format('ALTER TABLE ${table} ATTACH PARTITION ${table}_before FOR VALUES FROM (MINVALUE) TO (%L)', until_key);
      EXECUTE format('ALTER TABLE ${table}_before RENAME TO %I',
        '${table}_until_' || to_char(until_at AT TIME ZONE 'UTC', 'YYYY_MM_DD'));
    END $$;
  `);
}
