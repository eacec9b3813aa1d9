import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    ALTER TABLE destinations
      -- The secret before the last rotation, and until when deliveries are signed with it, too.
      ADD COLUMN previous_secret text,
      ADD COLUMN previous_secret_until timestamptz,
      -- Failed attempts since the last success, and when the first of them failed.
      ADD COLUMN consecutive_failures integer NOT NULL DEFAULT 0,
      ADD COLUMN failing_since timestamptz,
      ADD COLUMN warned_at timestamptz,
      ADD COLUMN warn_every_failures integer NOT NULL DEFAULT 5,
      ADD COLUMN disable_after_failures integer NOT NULL DEFAULT 20,
      ADD COLUMN disable_after_hours integer NOT NULL DEFAULT 72,
      ADD CONSTRAINT destinations_previous_secret_check CHECK (
        (previous_secret IS NULL) = (previous_secret_until IS NULL)
        AND (previous_secret IS NULL OR secret IS NOT NULL)),
      ADD CONSTRAINT destinations_failing_check CHECK (
        consecutive_failures >= 0
        AND (consecutive_failures = 0) = (failing_since IS NULL)
        AND (warned_at IS NULL OR consecutive_failures > 0)),
      ADD CONSTRAINT destinations_failure_limits_check CHECK (
        warn_every_failures > 0 AND disable_after_failures > 0 AND disable_after_hours >= 0);

    -- The dead letters of a workspace: listed, summed up and replayed by destination and time.
    CREATE INDEX postbacks_dead_idx ON postbacks (workspace_id, destination_id, dead_at) WHERE status = 'dead';
    -- What a destination that was disabled is still owed.
    CREATE INDEX postbacks_owed_idx ON postbacks (destination_id) WHERE status = 'pending';

    -- A click of a test link: it has a journey, and decides nothing.
    ALTER TABLE clicks ADD COLUMN is_test boolean NOT NULL DEFAULT false;

    ALTER TABLE events
      DROP CONSTRAINT events_money_check,
      -- A deposit that is taken back whole need not say how much that was: the deposit says it.
      ADD CONSTRAINT events_money_check CHECK (
        (amount_minor IS NULL) = (currency IS NULL)
        AND (kind NOT IN ('deposit', 'withdrawal', 'chargeback', 'ngr') OR amount_minor IS NOT NULL
          OR (kind = 'deposit' AND coalesce(status, '') = 'reversed'))
        AND (kind NOT IN ('deposit', 'withdrawal', 'chargeback') OR coalesce(amount_minor, 1) > 0)
        AND (kind <> 'self_exclusion' OR amount_minor IS NULL)
        AND (kind = 'ngr' OR coalesce(amount_minor, 0) >= 0));
  `);
}
