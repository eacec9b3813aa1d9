import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    ALTER TABLE events
      -- The period that an NGR report covers: its first moment, and the first one after it.
      ADD COLUMN period_from timestamptz,
      ADD COLUMN period_to timestamptz,
      -- When a self-excluded player may play again; null: never.
      ADD COLUMN excluded_until timestamptz,
      DROP CONSTRAINT events_kind_check,
      DROP CONSTRAINT events_public_never_pays_check,
      DROP CONSTRAINT events_status_check,
      DROP CONSTRAINT events_money_check,
      DROP CONSTRAINT events_player_check,
      ADD CONSTRAINT events_kind_check CHECK (kind IN (
        'install', 'lead', 'registration', 'sale', 'deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion')),
      ADD CONSTRAINT events_public_never_pays_check CHECK (
        trust <> 'public' OR kind NOT IN ('deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion')),
      ADD CONSTRAINT events_status_check CHECK (
        (kind IN ('deposit', 'withdrawal')) = (status IS NOT NULL)
        AND coalesce(status, 'pending') IN ('pending', 'failed', 'confirmed', 'reversed')),
      -- Only NGR may be negative: a player who wins costs the house.
      ADD CONSTRAINT events_money_check CHECK (
        (amount_minor IS NULL) = (currency IS NULL)
        AND (kind NOT IN ('deposit', 'withdrawal', 'chargeback', 'ngr') OR amount_minor IS NOT NULL)
        AND (kind NOT IN ('deposit', 'withdrawal', 'chargeback') OR amount_minor > 0)
        AND (kind <> 'self_exclusion' OR amount_minor IS NULL)
        AND (kind = 'ngr' OR coalesce(amount_minor, 0) >= 0)),
      -- A registration may be reported for a click alone: then it is counted and binds nobody.
      ADD CONSTRAINT events_player_check CHECK (
        kind NOT IN ('deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion') OR player_id IS NOT NULL),
      -- Who binds a player decides who is paid; a public report never names one.
      ADD CONSTRAINT events_public_names_no_player_check CHECK (trust <> 'public' OR player_id IS NULL),
      ADD CONSTRAINT events_period_check CHECK (
        (kind = 'ngr') = (period_from IS NOT NULL)
        AND (period_from IS NULL) = (period_to IS NULL)
        AND coalesce(period_to > period_from, true)),
      ADD CONSTRAINT events_excluded_until_check CHECK (
        excluded_until IS NULL OR (kind = 'self_exclusion' AND excluded_until > occurred_at));

    -- All moments at which the player is self-excluded: a set, so that several exclusions add up in any order.
    ALTER TABLE players ADD COLUMN excluded_during tstzmultirange NOT NULL DEFAULT '{}';

    ALTER TABLE customer_ltv
      ADD COLUMN withdrawal_count integer NOT NULL DEFAULT 0,
      ADD COLUMN withdrawal_total_minor bigint NOT NULL DEFAULT 0,
      -- Null: the casino has never supplied any in this currency, which is not the same as zero.
      ADD COLUMN ngr_total_minor bigint,
      ADD CONSTRAINT customer_ltv_withdrawal_check CHECK (
        withdrawal_count >= 0 AND withdrawal_total_minor >= 0
        AND (withdrawal_count = 0) = (withdrawal_total_minor = 0));

    -- Addresses and networks from which the source may report; empty: from everywhere.
    ALTER TABLE sources ADD COLUMN ip_allow_list text[] NOT NULL DEFAULT '{}';
  `);
}
