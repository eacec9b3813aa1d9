import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Granted once and never dealt again: the first writer wins, everybody else reads it back.
    CREATE TABLE verdicts (
      subject_kind text NOT NULL,
      subject_id uuid NOT NULL,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      rules_version integer NOT NULL,
      outcome text NOT NULL,
      score smallint NOT NULL,
      reasons jsonb NOT NULL,
      decided_at timestamptz NOT NULL,
      PRIMARY KEY (subject_kind, subject_id),
      CONSTRAINT verdicts_subject_kind_check CHECK (subject_kind IN ('click', 'event')),
      CONSTRAINT verdicts_outcome_check CHECK (outcome IN ('allow', 'review', 'block')),
      CONSTRAINT verdicts_score_check CHECK (score BETWEEN 0 AND 100),
      CONSTRAINT verdicts_reasons_check CHECK (outcome = 'allow' OR jsonb_array_length(reasons) > 0)
    );
    CREATE TRIGGER verdicts_append_only BEFORE UPDATE OR DELETE ON verdicts
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER verdicts_no_truncate BEFORE TRUNCATE ON verdicts
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- Which touch, partner and deal version a player belongs to; decided by the binding event alone.
    CREATE TABLE player_bindings (
      player_id uuid PRIMARY KEY REFERENCES players,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      revision integer NOT NULL,
      binding_event_id uuid NOT NULL REFERENCES events,
      bound_at timestamptz NOT NULL,
      is_provisional boolean NOT NULL,
      reason text NOT NULL,
      click_id uuid,
      partner_id uuid REFERENCES partners,
      deal_id uuid REFERENCES deals,
      updated_at timestamptz NOT NULL,
      CONSTRAINT player_bindings_deal_check CHECK (deal_id IS NULL OR partner_id IS NOT NULL),
      CONSTRAINT player_bindings_partner_check CHECK (partner_id IS NULL OR click_id IS NOT NULL)
    );
    -- The players that a click brought.
    CREATE INDEX player_bindings_click_idx ON player_bindings (click_id);

    CREATE TABLE conversions (
      conversion_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      kind text NOT NULL,
      transaction_key text NOT NULL,
      revision integer NOT NULL,
      event_id uuid NOT NULL REFERENCES events,
      player_id uuid REFERENCES players,
      click_id uuid,
      campaign_id uuid REFERENCES campaigns,
      status text NOT NULL,
      reason text,
      is_first_deposit boolean NOT NULL,
      occurred_at timestamptz NOT NULL,
      amount_minor bigint,
      currency text,
      attribution_model text NOT NULL,
      inputs_hash text NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      CONSTRAINT conversions_transaction_key UNIQUE (workspace_id, brand_id, kind, transaction_key),
      CONSTRAINT conversions_status_check CHECK (status IN ('pending', 'approved', 'rejected', 'reversed')),
      CONSTRAINT conversions_reason_check CHECK (status = 'approved' OR reason IS NOT NULL),
      CONSTRAINT conversions_money_check CHECK ((amount_minor IS NULL) = (currency IS NULL)),
      CONSTRAINT conversions_first_deposit_check CHECK (NOT is_first_deposit OR kind = 'deposit')
    );
    -- One first deposit per player, whatever arrives in which order.
    CREATE UNIQUE INDEX conversions_first_deposit_key ON conversions (player_id) WHERE is_first_deposit;
    -- GET /v1/conversions by workspace, by player, by click.
    CREATE INDEX conversions_workspace_idx ON conversions (workspace_id, conversion_id);
    CREATE INDEX conversions_player_idx ON conversions (player_id) WHERE player_id IS NOT NULL;
    CREATE INDEX conversions_click_idx ON conversions (click_id) WHERE click_id IS NOT NULL;

    CREATE TABLE attribution_credits (
      conversion_id uuid NOT NULL REFERENCES conversions,
      touch_kind text NOT NULL,
      touch_id uuid NOT NULL,
      partner_id uuid REFERENCES partners,
      -- Parts per million, so that the weights of one conversion add up to exactly 1.
      weight_ppm integer NOT NULL,
      amount_minor bigint,
      PRIMARY KEY (conversion_id, touch_kind, touch_id),
      CONSTRAINT attribution_credits_touch_kind_check CHECK (touch_kind IN ('click')),
      CONSTRAINT attribution_credits_weight_check CHECK (weight_ppm BETWEEN 1 AND 1000000)
    );

    CREATE TABLE customer_ltv (
      player_id uuid NOT NULL REFERENCES players,
      currency text NOT NULL,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      deposit_count integer NOT NULL,
      deposit_total_minor bigint NOT NULL,
      first_deposit_at timestamptz,
      last_deposit_at timestamptz,
      chargeback_count integer NOT NULL,
      chargeback_total_minor bigint NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (player_id, currency),
      CONSTRAINT customer_ltv_first_check CHECK ((deposit_count = 0) = (first_deposit_at IS NULL)),
      CONSTRAINT customer_ltv_last_check CHECK ((deposit_count = 0) = (last_deposit_at IS NULL)),
      CONSTRAINT customer_ltv_total_check CHECK (deposit_total_minor >= 0 AND chargeback_total_minor >= 0)
    );
  `);
}
