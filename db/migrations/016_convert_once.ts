import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The rate by which a player's deposit was judged in another currency. Granted once: a rate of before its time
    -- that is recorded later changes nothing that was converted.
    CREATE TABLE rate_grants (
      player_id uuid NOT NULL REFERENCES players,
      from_currency text NOT NULL,
      to_currency text NOT NULL,
      -- The deposit's own time.
      converted_at timestamptz NOT NULL,
      -- Exact text, of the direction in which the rate was recorded: "1.0842", or "1/1.0842" against it.
      rate text NOT NULL,
      source text NOT NULL,
      rated_at timestamptz NOT NULL,
      PRIMARY KEY (player_id, from_currency, to_currency, converted_at),
      CONSTRAINT rate_grants_pair_check CHECK (from_currency <> to_currency),
      CONSTRAINT rate_grants_time_check CHECK (rated_at <= converted_at)
    );
    CREATE TRIGGER rate_grants_append_only BEFORE UPDATE OR DELETE ON rate_grants
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER rate_grants_no_truncate BEFORE TRUNCATE ON rate_grants
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  `);
}
