import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- A ruling is a fact like any other: what a person, or the time-out policy, says of one conversion.
    ALTER TABLE events
      ADD COLUMN decision text,
      ADD COLUMN ruled_conversion_id uuid REFERENCES conversions,
      -- The revision that was ruled on; of several rulings on a conversion the one on the highest is the last word.
      ADD COLUMN ruled_revision integer,
      DROP CONSTRAINT events_kind_check,
      DROP CONSTRAINT events_public_never_pays_check,
      ADD CONSTRAINT events_kind_check CHECK (kind IN (
        'install', 'lead', 'registration', 'sale', 'deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion',
        'ruling')),
      ADD CONSTRAINT events_public_never_pays_check CHECK (
        trust <> 'public'
        OR kind NOT IN ('deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion', 'ruling')),
      ADD CONSTRAINT events_ruling_check CHECK (
        (kind = 'ruling') = (decision IS NOT NULL) AND (kind = 'ruling') = (ruled_conversion_id IS NOT NULL)
        AND (kind = 'ruling') = (ruled_revision IS NOT NULL)
        AND coalesce(decision, 'approve') IN ('approve', 'reject'));
    -- The rulings on one conversion. Unique, because a revision is ruled on once.
    CREATE UNIQUE INDEX events_ruling_key ON events (ruled_conversion_id, ruled_revision)
      WHERE ruled_conversion_id IS NOT NULL;

    ALTER TABLE campaign_versions
      ADD COLUMN half_life_days integer NOT NULL DEFAULT 7,
      ADD COLUMN view_window_hours integer NOT NULL DEFAULT 24,
      -- Whether registrations may be paid for. For gambling they are not, unless somebody asks for it.
      ADD COLUMN pays_registrations boolean NOT NULL DEFAULT false,
      DROP CONSTRAINT campaign_versions_model_check,
      ADD CONSTRAINT campaign_versions_model_check CHECK (attribution_model IN (
        'last_touch', 'first_touch', 'linear', 'time_decay', 'position_based', 'last_non_direct')),
      ADD CONSTRAINT campaign_versions_half_life_check CHECK (half_life_days BETWEEN 1 AND 90),
      ADD CONSTRAINT campaign_versions_view_window_check CHECK (view_window_hours BETWEEN 1 AND 24);

    -- What one visitor has clicked, latest first: the touches of a player, and the rule "same visitor and campaign
    -- within two seconds", which passes over the few clicks of other campaigns.
    DROP INDEX clicks_visitor_idx;
    CREATE INDEX clicks_visitor_idx ON clicks (visitor_id, click_id);

    ALTER TABLE deals
      ALTER COLUMN cpa_minor DROP NOT NULL,
      ALTER COLUMN cpa_currency DROP NOT NULL,
      -- Parts per million of a deposit: 25.5 % is 255000.
      ADD COLUMN rate_ppm integer,
      ADD COLUMN cpl_minor bigint,
      ADD COLUMN cpl_currency text,
      ADD COLUMN qualification_days integer,
      ADD COLUMN hold_days integer NOT NULL DEFAULT 0,
      -- How many players the deal pays for, by UTC day, by UTC month, and ever.
      ADD COLUMN cap_day integer,
      ADD COLUMN cap_month integer,
      ADD COLUMN cap_total integer,
      DROP CONSTRAINT deals_kind_check,
      DROP CONSTRAINT deals_cpa_check,
      ADD CONSTRAINT deals_kind_check CHECK (kind IN ('cpa', 'percent', 'hybrid', 'cpl')),
      ADD CONSTRAINT deals_cpa_check CHECK (
        (kind IN ('cpa', 'hybrid')) = (cpa_minor IS NOT NULL) AND (cpa_minor IS NULL) = (cpa_currency IS NULL)
        AND coalesce(cpa_minor, 1) > 0),
      ADD CONSTRAINT deals_rate_check CHECK (
        (kind IN ('percent', 'hybrid')) = (rate_ppm IS NOT NULL) AND coalesce(rate_ppm, 1) BETWEEN 1 AND 1000000),
      ADD CONSTRAINT deals_cpl_check CHECK (
        (kind = 'cpl') = (cpl_minor IS NOT NULL) AND (cpl_minor IS NULL) = (cpl_currency IS NULL)
        AND coalesce(cpl_minor, 1) > 0),
      ADD CONSTRAINT deals_days_check CHECK (
        coalesce(qualification_days, 1) BETWEEN 1 AND 3650 AND hold_days BETWEEN 0 AND 365),
      ADD CONSTRAINT deals_caps_check CHECK (
        coalesce(cap_day, 1) > 0 AND coalesce(cap_month, 1) > 0 AND coalesce(cap_total, 1) > 0);

    -- How many slots of a deal are spent in a period; the row is what two settlements of different players queue for.
    CREATE TABLE cap_counters (
      deal_id uuid NOT NULL REFERENCES deals,
      -- A UTC day ("2026-03-01"), a UTC month ("2026-03"), or "total".
      period_key text NOT NULL,
      granted integer NOT NULL DEFAULT 0,
      PRIMARY KEY (deal_id, period_key),
      CONSTRAINT cap_counters_granted_check CHECK (granted >= 0)
    );

    -- Whether a deal pays for a player: decided once and never dealt again.
    CREATE TABLE cap_slots (
      deal_id uuid NOT NULL REFERENCES deals,
      player_id uuid NOT NULL REFERENCES players,
      -- The cap that was full; null: the slot was granted.
      refused_by text,
      -- The time of the event that asked, by which the day and the month were chosen.
      asked_for_at timestamptz NOT NULL,
      decided_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, player_id),
      CONSTRAINT cap_slots_refused_by_check CHECK (refused_by IN ('day', 'month', 'total'))
    );
    CREATE TRIGGER cap_slots_append_only BEFORE UPDATE OR DELETE ON cap_slots
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER cap_slots_no_truncate BEFORE TRUNCATE ON cap_slots
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    -- The slots of one player.
    CREATE INDEX cap_slots_player_idx ON cap_slots (player_id);

    ALTER TABLE conversions
      -- Since when a person is asked for, and when that person was reminded.
      ADD COLUMN review_since timestamptz,
      ADD COLUMN review_reminded_at timestamptz,
      DROP CONSTRAINT conversions_status_check,
      DROP CONSTRAINT conversions_reason_check,
      ADD CONSTRAINT conversions_status_check CHECK (
        status IN ('pending', 'qualified', 'approved', 'paid', 'rejected', 'reversed')),
      ADD CONSTRAINT conversions_reason_check CHECK (status IN ('approved', 'paid') OR reason IS NOT NULL),
      ADD CONSTRAINT conversions_review_check CHECK (
        (review_since IS NOT NULL) = (status = 'pending' AND coalesce(reason, '') = 'in_review')
        AND (review_reminded_at IS NULL OR review_since IS NOT NULL));
    -- The conversion of an event that names no player.
    CREATE INDEX conversions_event_idx ON conversions (event_id);
    -- The review desk: what waits for a person, oldest first.
    CREATE INDEX conversions_review_idx ON conversions (workspace_id, conversion_id)
      WHERE review_since IS NOT NULL;

    ALTER TABLE attribution_credits
      DROP CONSTRAINT attribution_credits_touch_kind_check,
      ADD CONSTRAINT attribution_credits_touch_kind_check CHECK (touch_kind IN ('click', 'view'));

    -- Touches that were looked at for a conversion and got no credit: assists, and those that did not count at all.
    CREATE TABLE losing_touches (
      conversion_id uuid NOT NULL REFERENCES conversions,
      touch_kind text NOT NULL,
      touch_id uuid NOT NULL,
      partner_id uuid REFERENCES partners,
      reason text NOT NULL,
      PRIMARY KEY (conversion_id, touch_kind, touch_id),
      CONSTRAINT losing_touches_touch_kind_check CHECK (touch_kind IN ('click', 'view')),
      CONSTRAINT losing_touches_reason_check CHECK (reason IN (
        'assisted', 'click_beats_view', 'contested', 'blocked_click', 'outside_click_window', 'click_after_event'))
    );

    -- One partner's click between another partner's and the binding event: who came last, how late, and what of it.
    CREATE TABLE contested_touches (
      player_id uuid NOT NULL REFERENCES players,
      challenger_click_id uuid NOT NULL,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      challenger_partner_id uuid NOT NULL REFERENCES partners,
      protected_click_id uuid NOT NULL,
      protected_partner_id uuid NOT NULL REFERENCES partners,
      -- From the challenger to the binding event.
      gap_ms bigint NOT NULL,
      is_refused boolean NOT NULL,
      reason text NOT NULL,
      PRIMARY KEY (player_id, challenger_click_id),
      CONSTRAINT contested_touches_partners_check CHECK (challenger_partner_id <> protected_partner_id),
      CONSTRAINT contested_touches_reason_check CHECK (
        reason = CASE WHEN is_refused THEN 'click_just_before_event' ELSE 'overwritten_before_registration' END)
    );
    -- The contests of a workspace, for the desk that looks into lead theft.
    CREATE INDEX contested_touches_workspace_idx ON contested_touches (workspace_id, challenger_click_id);

    ALTER TABLE commission_lines
      -- Earned and still held, or free to be paid.
      ADD COLUMN stage text NOT NULL DEFAULT 'approved',
      ADD COLUMN hold_until timestamptz,
      -- What the amount was computed from.
      ADD COLUMN basis jsonb,
      DROP CONSTRAINT commission_lines_kind_check,
      ADD CONSTRAINT commission_lines_kind_check CHECK (kind IN ('cpa', 'percent', 'cpl')),
      ADD CONSTRAINT commission_lines_stage_check CHECK (
        stage IN ('qualified', 'approved') AND (stage = 'approved' OR (amount_minor > 0 AND hold_until IS NOT NULL)));
    -- At most one paid registration per player and beneficiary.
    CREATE UNIQUE INDEX commission_lines_one_cpl_key ON commission_lines (player_id, partner_id)
      WHERE kind = 'cpl' AND amount_minor <> 0;

    ALTER TABLE subjects
      -- When the books change by time alone: a hold ends, a reviewer is reminded, a review runs out.
      ADD COLUMN due_at timestamptz,
      -- Up to when time has been taken into account. It never goes back, whatever a worker's clock says.
      ADD COLUMN settled_until timestamptz;
    -- The sweep: what is due and was not settled by its timer.
    CREATE INDEX subjects_due_idx ON subjects (due_at) WHERE due_at IS NOT NULL;

    ALTER TABLE outbox
      DROP CONSTRAINT outbox_kind_check,
      ADD CONSTRAINT outbox_kind_check CHECK (
        (kind, lane) IN (('event', 0), ('postback', 1), ('timer', 1), ('click', 2)));

    -- Deciding reviews is a right of its own: who looks at doubtful players need not be who sets up deals.
    ALTER TABLE api_keys
      DROP CONSTRAINT api_keys_scopes_check,
      ADD CONSTRAINT api_keys_scopes_check CHECK (
        cardinality(scopes) > 0 AND scopes <@ ARRAY['admin', 'setup:write', 'events:write', 'reviews:write', 'read']);

    -- How long a person may think: a reminder, and what is decided when nobody does. Null: waits for ever.
    ALTER TABLE workspaces
      ADD COLUMN review_reminder_hours integer NOT NULL DEFAULT 24,
      ADD COLUMN review_timeout_hours integer,
      ADD COLUMN review_timeout_decision text,
      ADD CONSTRAINT workspaces_review_policy_check CHECK (
        review_reminder_hours BETWEEN 1 AND 8760
        AND (review_timeout_hours IS NULL) = (review_timeout_decision IS NULL)
        AND coalesce(review_timeout_hours, 1) BETWEEN 1 AND 8760
        AND coalesce(review_timeout_decision, 'approve') IN ('approve', 'reject'));
  `);
}
