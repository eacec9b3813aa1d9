import type { Knex } from 'knex';

const DEVICE = `device IN ('mobile', 'tablet', 'desktop', 'tv')`;

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The class of device, told from the user agent when it is still there. Null: it names none, or was before this.
    ALTER TABLE clicks ADD COLUMN device text CONSTRAINT clicks_device_check CHECK (${DEVICE});
    ALTER TABLE impressions ADD COLUMN device text CONSTRAINT impressions_device_check CHECK (${DEVICE});

    -- The quarter of an hour that a moment lies in: every time zone of today differs from UTC by whole quarters.
    CREATE FUNCTION quarter_of(at timestamptz) RETURNS timestamptz
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00')
    $$;

    -- Clicks and impressions of a quarter of an hour. Counted on while it lasts, counted anew when it is over.
    CREATE TABLE traffic_quarters (
      workspace_id uuid NOT NULL,
      quarter_at timestamptz NOT NULL,
      campaign_id uuid NOT NULL,
      partner_id uuid,
      device text,
      clicks bigint NOT NULL,
      impressions bigint NOT NULL,
      -- Reports of a workspace over a range of time; and one row for all that share everything.
      CONSTRAINT traffic_quarters_key UNIQUE NULLS NOT DISTINCT
        (workspace_id, quarter_at, campaign_id, partner_id, device),
      CONSTRAINT traffic_quarters_time_check CHECK (quarter_at = quarter_of(quarter_at)),
      CONSTRAINT traffic_quarters_count_check CHECK (clicks >= 0 AND impressions >= 0 AND clicks + impressions > 0)
    ) WITH (fillfactor = 80);

    -- The same of whole hours that are over, for zones that differ from UTC by whole hours: a quarter of the rows.
    CREATE TABLE traffic_hours (
      workspace_id uuid NOT NULL,
      hour_at timestamptz NOT NULL,
      campaign_id uuid NOT NULL,
      partner_id uuid,
      device text,
      clicks bigint NOT NULL,
      impressions bigint NOT NULL,
      CONSTRAINT traffic_hours_key UNIQUE NULLS NOT DISTINCT
        (workspace_id, hour_at, campaign_id, partner_id, device),
      CONSTRAINT traffic_hours_time_check CHECK (hour_at = date_trunc('hour', hour_at, 'UTC')),
      CONSTRAINT traffic_hours_count_check CHECK (clicks >= 0 AND impressions >= 0 AND clicks + impressions > 0)
    );

    -- What the conversions of a quarter of an hour are worth, by their own time; written anew whenever one of them
    -- changes. Counts are parts per million, because a conversion may be credited to several touches.
    CREATE TABLE result_quarters (
      workspace_id uuid NOT NULL,
      quarter_at timestamptz NOT NULL,
      campaign_id uuid,
      partner_id uuid,
      country text,
      device text,
      currency text,
      blocked_clicks bigint NOT NULL,
      review_clicks bigint NOT NULL,
      installs_ppm bigint NOT NULL,
      registrations_ppm bigint NOT NULL,
      deposits_ppm bigint NOT NULL,
      first_deposits_ppm bigint NOT NULL,
      deposit_minor numeric NOT NULL,
      commission_minor numeric NOT NULL,
      CONSTRAINT result_quarters_key UNIQUE NULLS NOT DISTINCT
        (workspace_id, quarter_at, campaign_id, partner_id, country, device, currency),
      CONSTRAINT result_quarters_time_check CHECK (quarter_at = quarter_of(quarter_at)),
      CONSTRAINT result_quarters_money_check CHECK (
        currency IS NOT NULL OR (deposit_minor = 0 AND commission_minor = 0)),
      CONSTRAINT result_quarters_count_check CHECK (blocked_clicks >= 0 AND review_clicks >= 0 AND installs_ppm >= 0
        AND registrations_ppm >= 0 AND first_deposits_ppm >= 0 AND deposits_ppm >= first_deposits_ppm)
    ) WITH (fillfactor = 80);

    -- Quarters whose results are to be written anew. No unique key: two settlements would wait for each other.
    CREATE TABLE result_marks (
      mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      workspace_id uuid NOT NULL,
      quarter_at timestamptz NOT NULL,
      marked_at timestamptz NOT NULL DEFAULT now()
    );

    -- How far the traffic is counted: one row. Whoever holds its lock is the one that counts.
    CREATE TABLE rollup_progress (
      is_the_only boolean PRIMARY KEY DEFAULT true,
      -- Everything before is in traffic_quarters; what came later is counted when it is asked for.
      folded_until timestamptz NOT NULL,
      -- Everything before was counted anew after its end.
      closed_until timestamptz NOT NULL,
      CONSTRAINT rollup_progress_only_check CHECK (is_the_only),
      CONSTRAINT rollup_progress_order_check CHECK (closed_until <= folded_until),
      CONSTRAINT rollup_progress_closed_check CHECK (closed_until = quarter_of(closed_until))
    );

    -- Clicks that a rule blocked or doubts, in a range of keys: few beside those that it allows.
    CREATE INDEX verdicts_doubted_clicks_idx ON verdicts (workspace_id, subject_id)
      WHERE subject_kind = 'click' AND outcome <> 'allow';

    CREATE FUNCTION mark_results_of_conversion() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO result_marks (workspace_id, quarter_at) VALUES (NEW.workspace_id, quarter_of(NEW.occurred_at));
      IF TG_OP = 'UPDATE' AND quarter_of(OLD.occurred_at) <> quarter_of(NEW.occurred_at) THEN
        INSERT INTO result_marks (workspace_id, quarter_at) VALUES (OLD.workspace_id, quarter_of(OLD.occurred_at));
      END IF;
      RETURN NULL;
    END $$;
    -- A change of a conversion's credits or lines always writes its revision too, in the same transaction.
    CREATE TRIGGER conversions_mark_results AFTER INSERT OR UPDATE OF revision, occurred_at, is_first_deposit
      ON conversions FOR EACH ROW EXECUTE FUNCTION mark_results_of_conversion();

    CREATE FUNCTION mark_results_of_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO result_marks (workspace_id, quarter_at)
        SELECT DISTINCT c.workspace_id, quarter_of(c.clicked_at)
        FROM judged AS j JOIN clicks AS c ON c.click_id = j.subject_id
        WHERE j.subject_kind = 'click' AND j.outcome <> 'allow';
      RETURN NULL;
    END $$;
    CREATE TRIGGER verdicts_mark_results AFTER INSERT ON verdicts REFERENCING NEW TABLE AS judged
      FOR EACH STATEMENT EXECUTE FUNCTION mark_results_of_verdicts();
  `);
  await beginWithThePast(db);
  for (const [index, query] of Object.entries(SERVES)) {
    await db.raw(`COMMENT ON INDEX ${index} IS '${query.replaceAll("'", "''")}'`);
  }
}

/** What was there before is counted like what comes: from the first hour with traffic, and every quarter with results. */
async function beginWithThePast(db: Knex): Promise<void> {
  await db.raw(`
    INSERT INTO rollup_progress (folded_until, closed_until)
    SELECT begin.at, begin.at FROM (
      SELECT date_trunc('hour', least(now(), (SELECT min(clicked_at) FROM clicks), (SELECT min(shown_at) FROM impressions)),
        'UTC') AS at
    ) AS begin;

    INSERT INTO result_marks (workspace_id, quarter_at)
      SELECT DISTINCT workspace_id, quarter_of(occurred_at) FROM conversions
      UNION
      SELECT DISTINCT c.workspace_id, quarter_of(c.clicked_at)
      FROM verdicts AS v JOIN clicks AS c ON c.click_id = v.subject_id
      WHERE v.subject_kind = 'click' AND v.outcome <> 'allow';
  `);
}

/** Which query each index is there for. An index that no query needs costs every insert for nothing. */
const SERVES: Readonly<Record<string, string>> = {
  api_keys_workspace_idx: 'GET /v1/api-keys: the keys of a workspace, page by page',
  attribution_credits_partner_idx: 'A first deal: the conversions that are credited to a partner',
  attribution_credits_touch_idx: 'GET /v1/reports/funnel: what a click was credited with',
  audit_subject_idx: 'GET /v1/audit: the history of one thing, oldest first',
  brands_one_default_idx: 'The brand of events that name none; a workspace has one',
  campaigns_workspace_idx: 'GET /v1/campaigns: those of a workspace, page by page',
  cap_slots_player_idx: 'Settlement: the slots of one player',
  clicks_ad_ids_idx: 'Rules of the quarantine: clicks with this ad id',
  clicks_external_id_idx: 'Rules of the quarantine: clicks with this external id, by its hash',
  clicks_subs_idx: 'Rules of the quarantine: clicks with this sub',
  clicks_visitor_idx: 'Touches of a player, and the click before one of the same visitor; latest first',
  commission_lines_one_cpa_key: 'Settlement: one paying CPA per player and partner',
  commission_lines_one_cpl_key: 'Settlement: one paid registration per player and partner',
  commission_lines_partner_idx: 'POST /v1/payouts and GET /v1/partners/:id/balance: what is due to a partner',
  contested_touches_workspace_idx: 'GET /v1/contests: those of a workspace, latest first',
  conversions_click_idx: 'GET /v1/conversions?clickId=: what a click led to',
  conversions_event_idx: 'Settlement: the conversion of an event that names no player',
  conversions_first_deposit_key: 'Settlement: the first deposit of a player; there is one',
  conversions_occurred_idx: 'Reports and rollups: conversions of a workspace in a range of time',
  conversions_player_idx: 'Settlement: the conversions of a player',
  conversions_review_idx: 'GET /v1/reviews: what waits for a person, oldest first',
  conversions_waiting_for_rate_idx: 'POST /v1/fx-rates: the players who wait for a rate',
  conversions_workspace_idx: 'GET /v1/conversions: those of a workspace, page by page',
  costs_days_idx: 'GET /v1/reports/value: the costs of a range of days',
  costs_key: 'POST /v1/costs: the cost that is restated; one per campaign, days, partner and labels',
  costs_workspace_idx: 'GET /v1/costs: those of a workspace, page by page',
  destinations_workspace_idx: 'Settlement: the destinations that may be owed a postback',
  events_click_idx: 'The timeline of a click, and the events that wait for it',
  events_ngr_idx: 'Reports and the ranking of players: NGR whose period reaches into a range',
  events_player_idx: 'Settlement: all facts of a player, by their own time',
  events_ruling_key: 'Settlement: the rulings on a conversion; a revision is ruled on once',
  events_transaction_idx: 'Intake: the facts of a transaction, which name one player',
  events_unhandled_idx: 'The sweep: what was acknowledged and is not settled',
  fx_rates_workspace_idx: 'GET /v1/fx-rates: those of a workspace, page by page',
  goals_workspace_idx: 'GET /v1/goals: those of a workspace, page by page',
  idempotency_keys_created_at_idx: 'Retention: answers that are older than a day',
  impressions_visitor_idx: 'Touches of a player: what a visitor has seen, latest first',
  ledger_entries_account_idx: 'The trial balance, and the entries of an account',
  offers_workspace_idx: 'GET /v1/offers: those of a workspace, page by page',
  outbox_claim_idx: 'The relay: due rows lane by lane, oldest first',
  outbox_parked_idx: 'GET /v1/outbox/parked: rows that wait for a person, oldest first, and their number',
  partners_workspace_idx: 'GET /v1/partners: those of a workspace, page by page',
  payout_lines_line_idx: 'Settlement and payouts: what was paid for a line',
  payouts_partner_idx: 'GET /v1/partners/:id/payouts: those of a partner, page by page',
  player_bindings_click_idx: 'The players that a click brought',
  postbacks_click_idx: 'GET /v1/postbacks?clickId=: those about a click',
  postbacks_conversion_idx: 'Settlement: the postbacks about a conversion',
  postbacks_dead_idx: 'Dead letters of a workspace: listed, summed up and replayed',
  postbacks_event_idx: 'Settlement: the postbacks that an event caused',
  postbacks_owed_idx: 'What a disabled destination is still owed',
  postbacks_pending_idx: 'The sweep: duties that nobody seems to work on, oldest first',
  postbacks_workspace_idx: 'GET /v1/postbacks: those of a workspace, page by page',
  quarantine_matched_click_idx: 'The timeline of a click: events that were matched to it',
  quarantine_rules_due_idx: 'The sweep: what was tried under rules longest ago',
  quarantine_rules_workspace_idx: 'GET /v1/quarantine/rules, and whether an arriving event has any',
  quarantine_waiting_idx: 'GET /v1/quarantine and the sweep: what waits, oldest first',
  scenarios_workspace_idx: 'GET /v1/scenarios, and those that a conversion may belong to',
  sources_one_builtin_idx: 'The source of keys that are bound to none; a workspace has one',
  sources_workspace_idx: 'GET /v1/sources: those of a workspace, page by page',
  status_mappings_word_key: 'Intake: what a word means; one thing at a time',
  status_mappings_workspace_idx: 'GET /v1/status-mappings: those of a workspace, page by page',
  subjects_due_idx: 'The sweep: what is due and no timer has settled',
  unmapped_reports_event_word_idx: 'A mapping: reports that wait for the word of an event',
  unmapped_reports_status_word_idx: 'A mapping: reports that wait for the word of a status',
  unmapped_reports_waiting_idx: 'GET /v1/quarantine/words: reports that wait, oldest first',
  velocity_hits_minute_idx: 'Retention: minutes that nobody asks about any more',
  verdicts_doubted_clicks_idx: 'Rollups: clicks that were blocked or are doubted, in a range of time',
};
