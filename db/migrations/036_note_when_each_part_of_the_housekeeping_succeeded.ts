import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- What runs again and again without anybody asking for it: one row per part, by the names that the code gives them.
    CREATE TABLE housekeeping (
      part text NOT NULL,
      -- Null: never yet.
      succeeded_at timestamptz,
      -- Since the last success, by whichever process.
      failing_since timestamptz,
      error_code text,
      last_error text,
      CONSTRAINT housekeeping_pkey PRIMARY KEY (part),
      CONSTRAINT housekeeping_failure_check CHECK (num_nulls(failing_since, error_code, last_error) IN (0, 3)),
      CONSTRAINT housekeeping_state_check CHECK (num_nonnulls(succeeded_at, failing_since) > 0)
    ) WITH (fillfactor = 50);
  `);
}
