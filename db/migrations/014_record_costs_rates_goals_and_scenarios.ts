import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The currency in which reports add up what has a known rate.
    ALTER TABLE workspaces
      ADD COLUMN reporting_currency text NOT NULL DEFAULT 'USD',
      ADD CONSTRAINT workspaces_reporting_currency_check CHECK (reporting_currency ~ '^[A-Z]{3}$');

    -- What was spent on a campaign on a day or over several, as an advertising platform names its days. A restated
    -- cost is the same one in a higher revision: the highest stands, the earlier ones tell what was believed before.
    CREATE TABLE costs (
      cost_id uuid NOT NULL,
      revision integer NOT NULL,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      campaign_id uuid NOT NULL REFERENCES campaigns,
      from_day date NOT NULL,
      to_day date NOT NULL,
      partner_id uuid REFERENCES partners,
      source text,
      creative text,
      keyword text,
      amount_minor bigint NOT NULL,
      currency text NOT NULL,
      note text,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (cost_id, revision),
      CONSTRAINT costs_revision_check CHECK (revision >= 1),
      CONSTRAINT costs_days_check CHECK (to_day >= from_day AND to_day - from_day < 366),
      -- Zero takes a cost back.
      CONSTRAINT costs_amount_check CHECK (amount_minor >= 0)
    );
    -- One cost per campaign, days, partner and labels, however many restate it at once.
    CREATE UNIQUE INDEX costs_key ON costs
      (workspace_id, campaign_id, from_day, to_day, partner_id, source, creative, keyword) NULLS NOT DISTINCT
      WHERE revision = 1;
    -- Reports: the costs of a range of days. Lists: the costs of the workspace in order.
    CREATE INDEX costs_days_idx ON costs (workspace_id, to_day);
    CREATE INDEX costs_workspace_idx ON costs (workspace_id, cost_id, revision);
    CREATE TRIGGER costs_append_only BEFORE UPDATE OR DELETE ON costs
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER costs_no_truncate BEFORE TRUNCATE ON costs
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- How many units of one currency another cost at a moment, by whom it is said. What was converted by a rate stays
    -- explained by it, so a rate is written once.
    CREATE TABLE fx_rates (
      rate_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      from_currency text NOT NULL,
      to_currency text NOT NULL,
      rate numeric NOT NULL,
      source text NOT NULL,
      rated_at timestamptz NOT NULL,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      -- One per moment; and the rate in force at a time, which is the latest not after it.
      CONSTRAINT fx_rates_moment_key UNIQUE (workspace_id, from_currency, to_currency, rated_at),
      CONSTRAINT fx_rates_rate_check CHECK (rate > 0 AND rate < 'Infinity'),
      CONSTRAINT fx_rates_pair_check CHECK (from_currency <> to_currency)
    );
    -- Lists.
    CREATE INDEX fx_rates_workspace_idx ON fx_rates (workspace_id, rate_id);
    CREATE TRIGGER fx_rates_append_only BEFORE UPDATE OR DELETE ON fx_rates
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER fx_rates_no_truncate BEFORE TRUNCATE ON fx_rates
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- What a campaign, or the whole workspace, is to achieve. Progress is read from the conversions, never counted here.
    CREATE TABLE goals (
      goal_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      campaign_id uuid REFERENCES campaigns,
      name text NOT NULL,
      metric text NOT NULL,
      -- A number of conversions, or minor units when there is a currency.
      target bigint NOT NULL,
      currency text,
      from_day date NOT NULL,
      to_day date NOT NULL,
      time_zone text NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT goals_metric_check CHECK (metric IN (
        'registrations', 'first_deposits', 'deposits', 'deposit_total', 'ngr', 'spend', 'cpa_metric')),
      CONSTRAINT goals_currency_check CHECK (
        (metric IN ('deposit_total', 'ngr', 'spend', 'cpa_metric')) = (currency IS NOT NULL)),
      CONSTRAINT goals_target_check CHECK (target > 0),
      CONSTRAINT goals_days_check CHECK (to_day >= from_day AND to_day - from_day < 366)
    );
    -- Lists.
    CREATE INDEX goals_workspace_idx ON goals (workspace_id, goal_id);

    -- Named spans of days in a time zone. Conversions get their tags when they are read, by their own time.
    CREATE TABLE scenarios (
      scenario_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      name text NOT NULL,
      kind text NOT NULL,
      tag text NOT NULL,
      from_day date NOT NULL,
      -- Null: until further notice.
      to_day date,
      -- ISO days of the week, Monday is 1; null: every day.
      weekdays smallint[],
      time_zone text NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT scenarios_kind_check CHECK (kind IN ('weekend', 'holiday', 'algorithm', 'custom')),
      CONSTRAINT scenarios_days_check CHECK (to_day >= from_day),
      CONSTRAINT scenarios_weekdays_check CHECK (
        cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[])
    );
    -- Lists, and the scenarios that a conversion of the workspace may belong to.
    CREATE INDEX scenarios_workspace_idx ON scenarios (workspace_id, scenario_id);

    -- How a workspace sorts its players into segments, version by version; version 1 is what it is born with and not
    -- stored.
    CREATE TABLE segment_rule_sets (
      workspace_id uuid NOT NULL REFERENCES workspaces,
      version integer NOT NULL,
      rules jsonb NOT NULL,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (workspace_id, version),
      CONSTRAINT segment_rule_sets_version_check CHECK (version >= 2),
      CONSTRAINT segment_rule_sets_rules_check CHECK (jsonb_typeof(rules) = 'array')
    );
    CREATE TRIGGER segment_rule_sets_append_only BEFORE UPDATE OR DELETE ON segment_rule_sets
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER segment_rule_sets_no_truncate BEFORE TRUNCATE ON segment_rule_sets
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- Reports: what happened to a workspace in a range of days.
    CREATE INDEX conversions_occurred_idx ON conversions (workspace_id, occurred_at);
    CREATE INDEX clicks_clicked_idx ON clicks (workspace_id, clicked_at);
    -- Reports and the ranking of players: NGR whose period reaches into a range.
    CREATE INDEX events_ngr_idx ON events (workspace_id, period_to) WHERE kind = 'ngr';
    -- The funnel: what a click was credited with.
    CREATE INDEX attribution_credits_touch_idx ON attribution_credits (touch_id);
    -- Which players wait for a rate that has just become known.
    CREATE INDEX conversions_waiting_for_rate_idx ON conversions (workspace_id, player_id)
      WHERE status = 'pending' AND reason = 'currency_mismatch';
  `);
}
