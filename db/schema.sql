-- The schema as the migrations leave it, for reading. Regenerate: npm run db:dump

CREATE TABLE api_keys (
  key_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  source_id uuid,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
  CONSTRAINT api_keys_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources(source_id),
  CONSTRAINT api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT api_keys_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['admin'::text, 'setup:write'::text, 'events:write'::text, 'reviews:write'::text, 'payouts:write'::text, 'read'::text])
);
-- GET /v1/api-keys: the keys of a workspace, page by page
CREATE INDEX api_keys_workspace_idx ON api_keys USING btree (workspace_id, key_id);

CREATE TABLE attribution_credits (
  conversion_id uuid NOT NULL,
  touch_kind text NOT NULL,
  touch_id uuid NOT NULL,
  partner_id uuid,
  weight_ppm integer NOT NULL,
  amount_minor bigint,
  CONSTRAINT attribution_credits_pkey PRIMARY KEY (conversion_id, touch_kind, touch_id),
  CONSTRAINT attribution_credits_conversion_id_fkey FOREIGN KEY (conversion_id) REFERENCES conversions(conversion_id),
  CONSTRAINT attribution_credits_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT attribution_credits_touch_kind_check CHECK (touch_kind = ANY (ARRAY['click'::text, 'view'::text])),
  CONSTRAINT attribution_credits_weight_check CHECK (weight_ppm >= 1 AND weight_ppm <= 1000000)
);
-- A first deal: the conversions that are credited to a partner
CREATE INDEX attribution_credits_partner_idx ON attribution_credits USING btree (partner_id, conversion_id) WHERE (partner_id IS NOT NULL);
-- GET /v1/reports/funnel: what a click was credited with
CREATE INDEX attribution_credits_touch_idx ON attribution_credits USING btree (touch_id);

CREATE TABLE audit (
  audit_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  cause text NOT NULL,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (audit_id),
  CONSTRAINT audit_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);
-- GET /v1/audit: the history of one thing, oldest first
CREATE INDEX audit_subject_idx ON audit USING btree (workspace_id, subject, audit_id);
-- GET /v1/audit: the changes of a workspace, page by page
CREATE INDEX audit_workspace_idx ON audit USING btree (workspace_id, audit_id);
CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE brands (
  brand_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  is_default boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT brands_pkey PRIMARY KEY (brand_id),
  CONSTRAINT brands_name_key UNIQUE (workspace_id, name),
  CONSTRAINT brands_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);
-- The brand of events that name none; a workspace has one
CREATE UNIQUE INDEX brands_one_default_idx ON brands USING btree (workspace_id) WHERE is_default;

CREATE TABLE campaign_versions (
  campaign_id uuid NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  offer_id uuid NOT NULL,
  partner_id uuid,
  attribution_model text NOT NULL,
  click_window_days integer NOT NULL,
  on_outage text NOT NULL,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  country_mode text,
  countries text[],
  half_life_days integer DEFAULT 7 NOT NULL,
  view_window_hours integer DEFAULT 24 NOT NULL,
  pays_registrations boolean DEFAULT false NOT NULL,
  pricing_model text DEFAULT 'cpa'::text NOT NULL,
  click_cost_minor bigint,
  click_cost_currency text,
  budget_minor bigint,
  budget_currency text,
  budget_period text,
  changed_in xid8,
  CONSTRAINT campaign_versions_pkey PRIMARY KEY (campaign_id, version),
  CONSTRAINT campaign_versions_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT campaign_versions_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offers(offer_id),
  CONSTRAINT campaign_versions_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT campaign_versions_budget_check CHECK ((num_nulls(budget_minor, budget_currency, budget_period) = ANY (ARRAY[0, 3])) AND COALESCE(budget_minor, 1::bigint) > 0),
  CONSTRAINT campaign_versions_budget_period_check CHECK (budget_period = ANY (ARRAY['day'::text, 'month'::text, 'total'::text])),
  CONSTRAINT campaign_versions_click_cost_check CHECK ((pricing_model = 'cpc'::text) = (click_cost_minor IS NOT NULL) AND (click_cost_minor IS NULL) = (click_cost_currency IS NULL) AND COALESCE(click_cost_minor, 1::bigint) > 0),
  CONSTRAINT campaign_versions_countries_check CHECK ((country_mode IS NULL) = (countries IS NULL) AND COALESCE(cardinality(countries), 1) > 0),
  CONSTRAINT campaign_versions_country_mode_check CHECK (country_mode = ANY (ARRAY['allow'::text, 'deny'::text])),
  CONSTRAINT campaign_versions_half_life_check CHECK (half_life_days >= 1 AND half_life_days <= 90),
  CONSTRAINT campaign_versions_model_check CHECK (attribution_model = ANY (ARRAY['last_touch'::text, 'first_touch'::text, 'linear'::text, 'time_decay'::text, 'position_based'::text, 'last_non_direct'::text])),
  CONSTRAINT campaign_versions_on_outage_check CHECK (on_outage = ANY (ARRAY['refuse'::text, 'landing'::text])),
  CONSTRAINT campaign_versions_pricing_model_check CHECK (pricing_model = ANY (ARRAY['cpa'::text, 'cpc'::text])),
  CONSTRAINT campaign_versions_status_check CHECK (status = ANY (ARRAY['active'::text, 'paused'::text])),
  CONSTRAINT campaign_versions_view_window_check CHECK (view_window_hours >= 1 AND view_window_hours <= 24),
  CONSTRAINT campaign_versions_window_check CHECK (click_window_days >= 1 AND click_window_days <= 90)
);
-- The campaigns in memory: what has changed since they were read
CREATE INDEX campaign_versions_changed_idx ON campaign_versions USING btree (changed_in);
CREATE TRIGGER campaign_versions_announce AFTER INSERT ON campaign_versions FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
CREATE TRIGGER campaign_versions_append_only BEFORE DELETE OR UPDATE ON campaign_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER campaign_versions_mark_change BEFORE INSERT ON campaign_versions FOR EACH ROW EXECUTE FUNCTION mark_change();
CREATE TRIGGER campaign_versions_no_truncate BEFORE TRUNCATE ON campaign_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE campaigns (
  campaign_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  slug text NOT NULL,
  current_version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  has_short_link boolean DEFAULT true NOT NULL,
  changed_in xid8,
  CONSTRAINT campaigns_pkey PRIMARY KEY (campaign_id),
  CONSTRAINT campaigns_slug_key UNIQUE (workspace_id, slug),
  CONSTRAINT campaigns_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);
-- The campaigns in memory: what has changed since they were read
CREATE INDEX campaigns_changed_idx ON campaigns USING btree (changed_in);
-- The click path: what a short link means
CREATE UNIQUE INDEX campaigns_short_link_key ON campaigns USING btree (slug) WHERE has_short_link;
-- GET /v1/campaigns: those of a workspace, page by page
CREATE INDEX campaigns_workspace_idx ON campaigns USING btree (workspace_id, campaign_id);
CREATE TRIGGER campaigns_announce AFTER INSERT OR UPDATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
CREATE TRIGGER campaigns_mark_change BEFORE INSERT OR UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION mark_change();

CREATE TABLE cap_counters (
  deal_id uuid NOT NULL,
  period_key text NOT NULL,
  granted integer DEFAULT 0 NOT NULL,
  CONSTRAINT cap_counters_pkey PRIMARY KEY (deal_id, period_key),
  CONSTRAINT cap_counters_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES deals(deal_id),
  CONSTRAINT cap_counters_granted_check CHECK (granted >= 0)
);

CREATE TABLE cap_slots (
  deal_id uuid NOT NULL,
  player_id uuid NOT NULL,
  refused_by text,
  asked_for_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT cap_slots_pkey PRIMARY KEY (deal_id, player_id),
  CONSTRAINT cap_slots_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES deals(deal_id),
  CONSTRAINT cap_slots_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT cap_slots_refused_by_check CHECK (refused_by = ANY (ARRAY['day'::text, 'month'::text, 'total'::text]))
);
-- Settlement: the slots of one player
CREATE INDEX cap_slots_player_idx ON cap_slots USING btree (player_id);
CREATE TRIGGER cap_slots_append_only BEFORE DELETE OR UPDATE ON cap_slots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cap_slots_no_truncate BEFORE TRUNCATE ON cap_slots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE click_raw (
  click_id uuid NOT NULL,
  ip inet,
  user_agent text,
  referrer text,
  query text,
  CONSTRAINT click_raw_pkey PRIMARY KEY (click_id)
) PARTITION BY RANGE (click_id);

CREATE TABLE click_raw_default PARTITION OF click_raw DEFAULT;

CREATE TABLE clicks (
  click_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  campaign_version integer NOT NULL,
  offer_id uuid NOT NULL,
  partner_id uuid,
  partner_reason text,
  visitor_id uuid NOT NULL,
  clicked_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  external_id text,
  subs jsonb NOT NULL,
  ad_ids jsonb NOT NULL,
  utm jsonb NOT NULL,
  closed_at timestamp with time zone,
  is_test boolean DEFAULT false NOT NULL,
  device text,
  CONSTRAINT clicks_pkey PRIMARY KEY (click_id),
  CONSTRAINT clicks_device_check CHECK (device = ANY (ARRAY['mobile'::text, 'tablet'::text, 'desktop'::text, 'tv'::text])),
  CONSTRAINT clicks_window_check CHECK (expires_at > clicked_at)
) PARTITION BY RANGE (click_id);
-- Rules of the quarantine: clicks with this ad id
CREATE INDEX clicks_ad_ids_idx ON clicks USING gin (ad_ids jsonb_path_ops) WITH (fastupdate=off) WHERE (ad_ids <> '{}'::jsonb);
-- Rules of the quarantine: clicks with this external id, by its hash
CREATE INDEX clicks_external_id_idx ON clicks USING btree (workspace_id, hashtextextended(external_id, (0)::bigint), click_id) WHERE (external_id IS NOT NULL);
-- Rules of the quarantine: clicks with this sub
CREATE INDEX clicks_subs_idx ON clicks USING gin (subs jsonb_path_ops) WITH (fastupdate=off) WHERE (subs <> '{}'::jsonb);
-- Touches of a player, and the click before one of the same visitor; latest first
CREATE INDEX clicks_visitor_idx ON clicks USING btree (visitor_id, click_id);
-- GET /v1/clicks, and the clicks that a report of one workspace follows
CREATE INDEX clicks_workspace_idx ON clicks USING btree (workspace_id, clicked_at);

CREATE TABLE clicks_default PARTITION OF clicks DEFAULT;

CREATE TABLE commission_lines (
  line_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  conversion_id uuid NOT NULL,
  player_id uuid NOT NULL,
  partner_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  kind text NOT NULL,
  deal_id uuid NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  revision integer NOT NULL,
  reason text NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  stage text DEFAULT 'approved'::text NOT NULL,
  hold_until timestamp with time zone,
  basis jsonb,
  CONSTRAINT commission_lines_pkey PRIMARY KEY (line_id),
  CONSTRAINT commission_lines_transaction_key UNIQUE (conversion_id, partner_id, kind),
  CONSTRAINT commission_lines_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT commission_lines_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT commission_lines_conversion_id_fkey FOREIGN KEY (conversion_id) REFERENCES conversions(conversion_id),
  CONSTRAINT commission_lines_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES deals(deal_id),
  CONSTRAINT commission_lines_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT commission_lines_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT commission_lines_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT commission_lines_amount_check CHECK (amount_minor >= 0),
  CONSTRAINT commission_lines_kind_check CHECK (kind = ANY (ARRAY['cpa'::text, 'percent'::text, 'cpl'::text])),
  CONSTRAINT commission_lines_stage_check CHECK ((stage = ANY (ARRAY['qualified'::text, 'approved'::text])) AND (stage = 'approved'::text OR amount_minor > 0 AND hold_until IS NOT NULL))
);
-- Settlement: one paying CPA per player and partner
CREATE UNIQUE INDEX commission_lines_one_cpa_key ON commission_lines USING btree (player_id, partner_id) WHERE ((kind = 'cpa'::text) AND (amount_minor <> 0));
-- Settlement: one paid registration per player and partner
CREATE UNIQUE INDEX commission_lines_one_cpl_key ON commission_lines USING btree (player_id, partner_id) WHERE ((kind = 'cpl'::text) AND (amount_minor <> 0));
-- POST /v1/payouts and GET /v1/partners/:id/balance: what is due to a partner
CREATE INDEX commission_lines_partner_idx ON commission_lines USING btree (partner_id);

CREATE TABLE contested_touches (
  player_id uuid NOT NULL,
  challenger_click_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  challenger_partner_id uuid NOT NULL,
  protected_click_id uuid NOT NULL,
  protected_partner_id uuid NOT NULL,
  gap_ms bigint NOT NULL,
  is_refused boolean NOT NULL,
  reason text NOT NULL,
  CONSTRAINT contested_touches_pkey PRIMARY KEY (player_id, challenger_click_id),
  CONSTRAINT contested_touches_challenger_partner_id_fkey FOREIGN KEY (challenger_partner_id) REFERENCES partners(partner_id),
  CONSTRAINT contested_touches_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT contested_touches_protected_partner_id_fkey FOREIGN KEY (protected_partner_id) REFERENCES partners(partner_id),
  CONSTRAINT contested_touches_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT contested_touches_partners_check CHECK (challenger_partner_id <> protected_partner_id),
  CONSTRAINT contested_touches_reason_check CHECK (reason =
CASE
    WHEN is_refused THEN 'click_just_before_event'::text
    ELSE 'overwritten_before_registration'::text
END)
);
-- GET /v1/contests: those of a workspace, latest first
CREATE INDEX contested_touches_workspace_idx ON contested_touches USING btree (workspace_id, challenger_click_id);

CREATE TABLE conversions (
  conversion_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  kind text NOT NULL,
  transaction_key text NOT NULL,
  revision integer NOT NULL,
  event_id uuid NOT NULL,
  player_id uuid,
  click_id uuid,
  campaign_id uuid,
  status text NOT NULL,
  reason text,
  is_first_deposit boolean NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  amount_minor bigint,
  currency text,
  attribution_model text NOT NULL,
  inputs_hash text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  review_since timestamp with time zone,
  review_reminded_at timestamp with time zone,
  CONSTRAINT conversions_pkey PRIMARY KEY (conversion_id),
  CONSTRAINT conversions_transaction_key UNIQUE (workspace_id, brand_id, kind, transaction_key),
  CONSTRAINT conversions_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT conversions_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT conversions_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(event_id),
  CONSTRAINT conversions_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT conversions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT conversions_first_deposit_check CHECK (NOT is_first_deposit OR kind = 'deposit'::text),
  CONSTRAINT conversions_money_check CHECK ((amount_minor IS NULL) = (currency IS NULL)),
  CONSTRAINT conversions_reason_check CHECK ((status = ANY (ARRAY['approved'::text, 'paid'::text])) OR reason IS NOT NULL),
  CONSTRAINT conversions_review_check CHECK ((review_since IS NOT NULL) = (status = 'pending'::text AND COALESCE(reason, ''::text) = 'in_review'::text) AND (review_reminded_at IS NULL OR review_since IS NOT NULL)),
  CONSTRAINT conversions_status_check CHECK (status = ANY (ARRAY['pending'::text, 'qualified'::text, 'approved'::text, 'paid'::text, 'rejected'::text, 'reversed'::text]))
);
-- GET /v1/conversions$1clickId=: what a click led to
CREATE INDEX conversions_click_idx ON conversions USING btree (click_id) WHERE (click_id IS NOT NULL);
-- Settlement: the conversion of an event that names no player
CREATE INDEX conversions_event_idx ON conversions USING btree (event_id);
-- Settlement: the first deposit of a player; there is one
CREATE UNIQUE INDEX conversions_first_deposit_key ON conversions USING btree (player_id) WHERE is_first_deposit;
-- Reports and rollups: conversions of a workspace in a range of time
CREATE INDEX conversions_occurred_idx ON conversions USING btree (workspace_id, occurred_at);
-- Reports: whose credit the NGR of a player follows
CREATE INDEX conversions_origin_idx ON conversions USING btree (player_id) WHERE (is_first_deposit OR (kind = 'registration'::text));
-- Settlement: the conversions of a player
CREATE INDEX conversions_player_idx ON conversions USING btree (player_id) WHERE (player_id IS NOT NULL);
-- GET /v1/reviews: what waits for a person, oldest first
CREATE INDEX conversions_review_idx ON conversions USING btree (workspace_id, conversion_id) WHERE (review_since IS NOT NULL);
-- POST /v1/fx-rates: the players who wait for a rate
CREATE INDEX conversions_waiting_for_rate_idx ON conversions USING btree (workspace_id, player_id) WHERE ((status = 'pending'::text) AND (reason = 'currency_mismatch'::text));
-- GET /v1/conversions: those of a workspace, page by page
CREATE INDEX conversions_workspace_idx ON conversions USING btree (workspace_id, conversion_id);
CREATE TRIGGER conversions_mark_results AFTER INSERT OR UPDATE OF revision, occurred_at, is_first_deposit ON conversions FOR EACH ROW EXECUTE FUNCTION mark_results_of_conversion();

CREATE TABLE costs (
  cost_id uuid NOT NULL,
  revision integer NOT NULL,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  from_day date NOT NULL,
  to_day date NOT NULL,
  partner_id uuid,
  source text,
  creative text,
  keyword text,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  note text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT costs_pkey PRIMARY KEY (cost_id, revision),
  CONSTRAINT costs_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT costs_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT costs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT costs_amount_check CHECK (amount_minor >= 0),
  CONSTRAINT costs_days_check CHECK (to_day >= from_day AND (to_day - from_day) < 366),
  CONSTRAINT costs_revision_check CHECK (revision >= 1)
);
-- GET /v1/reports/value: the costs of a range of days
CREATE INDEX costs_days_idx ON costs USING btree (workspace_id, to_day);
-- POST /v1/costs: the cost that is restated; one per campaign, days, partner and labels
CREATE UNIQUE INDEX costs_key ON costs USING btree (workspace_id, campaign_id, from_day, to_day, partner_id, source, creative, keyword) NULLS NOT DISTINCT WHERE (revision = 1);
-- GET /v1/costs: those of a workspace, page by page
CREATE INDEX costs_workspace_idx ON costs USING btree (workspace_id, cost_id, revision);
CREATE TRIGGER costs_append_only BEFORE DELETE OR UPDATE ON costs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER costs_no_truncate BEFORE TRUNCATE ON costs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE customer_ltv (
  player_id uuid NOT NULL,
  currency text NOT NULL,
  workspace_id uuid NOT NULL,
  deposit_count integer NOT NULL,
  deposit_total_minor numeric NOT NULL,
  first_deposit_at timestamp with time zone,
  last_deposit_at timestamp with time zone,
  chargeback_count integer NOT NULL,
  chargeback_total_minor numeric NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  withdrawal_count integer DEFAULT 0 NOT NULL,
  withdrawal_total_minor numeric DEFAULT 0 NOT NULL,
  ngr_total_minor numeric,
  CONSTRAINT customer_ltv_pkey PRIMARY KEY (player_id, currency),
  CONSTRAINT customer_ltv_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT customer_ltv_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT customer_ltv_first_check CHECK ((deposit_count = 0) = (first_deposit_at IS NULL)),
  CONSTRAINT customer_ltv_last_check CHECK ((deposit_count = 0) = (last_deposit_at IS NULL)),
  CONSTRAINT customer_ltv_total_check CHECK (deposit_total_minor >= 0::numeric AND chargeback_total_minor >= 0::numeric),
  CONSTRAINT customer_ltv_withdrawal_check CHECK (withdrawal_count >= 0 AND withdrawal_total_minor >= 0::numeric AND (withdrawal_count = 0) = (withdrawal_total_minor = 0::numeric))
);

CREATE TABLE deals (
  deal_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  partner_id uuid NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  cpa_minor bigint,
  cpa_currency text,
  min_deposit_minor bigint,
  min_deposit_currency text,
  valid_from timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  rate_ppm integer,
  cpl_minor bigint,
  cpl_currency text,
  qualification_days integer,
  hold_days integer DEFAULT 0 NOT NULL,
  cap_day integer,
  cap_month integer,
  cap_total integer,
  CONSTRAINT deals_pkey PRIMARY KEY (deal_id),
  CONSTRAINT deals_version_key UNIQUE (partner_id, version),
  CONSTRAINT deals_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT deals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT deals_caps_check CHECK (COALESCE(cap_day, 1) > 0 AND COALESCE(cap_month, 1) > 0 AND COALESCE(cap_total, 1) > 0),
  CONSTRAINT deals_cpa_check CHECK ((kind = ANY (ARRAY['cpa'::text, 'hybrid'::text])) = (cpa_minor IS NOT NULL) AND (cpa_minor IS NULL) = (cpa_currency IS NULL) AND COALESCE(cpa_minor, 1::bigint) > 0),
  CONSTRAINT deals_cpl_check CHECK ((kind = 'cpl'::text) = (cpl_minor IS NOT NULL) AND (cpl_minor IS NULL) = (cpl_currency IS NULL) AND COALESCE(cpl_minor, 1::bigint) > 0),
  CONSTRAINT deals_days_check CHECK (COALESCE(qualification_days, 1) >= 1 AND COALESCE(qualification_days, 1) <= 3650 AND hold_days >= 0 AND hold_days <= 365),
  CONSTRAINT deals_kind_check CHECK (kind = ANY (ARRAY['cpa'::text, 'percent'::text, 'hybrid'::text, 'cpl'::text])),
  CONSTRAINT deals_min_deposit_check CHECK ((min_deposit_minor IS NULL) = (min_deposit_currency IS NULL) AND COALESCE(min_deposit_minor, 1::bigint) > 0),
  CONSTRAINT deals_rate_check CHECK ((kind = ANY (ARRAY['percent'::text, 'hybrid'::text])) = (rate_ppm IS NOT NULL) AND COALESCE(rate_ppm, 1) >= 1 AND COALESCE(rate_ppm, 1) <= 1000000)
);
CREATE TRIGGER deals_append_only BEFORE DELETE OR UPDATE ON deals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deals_no_truncate BEFORE TRUNCATE ON deals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE destinations (
  destination_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  url text NOT NULL,
  method text NOT NULL,
  events text[] NOT NULL,
  partner_id uuid,
  campaign_id uuid,
  secret text,
  status text NOT NULL,
  disabled_at timestamp with time zone,
  disabled_reason text,
  created_at timestamp with time zone NOT NULL,
  previous_secret text,
  previous_secret_until timestamp with time zone,
  consecutive_failures integer DEFAULT 0 NOT NULL,
  failing_since timestamp with time zone,
  warned_at timestamp with time zone,
  warn_every_failures integer DEFAULT 5 NOT NULL,
  disable_after_failures integer DEFAULT 20 NOT NULL,
  disable_after_hours integer DEFAULT 72 NOT NULL,
  accepts_public boolean DEFAULT false NOT NULL,
  next_turn_at timestamp with time zone,
  CONSTRAINT destinations_pkey PRIMARY KEY (destination_id),
  CONSTRAINT destinations_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT destinations_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT destinations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT destinations_disabled_check CHECK ((status = 'disabled'::text) = (disabled_at IS NOT NULL) AND (status = 'disabled'::text) = (disabled_reason IS NOT NULL)),
  CONSTRAINT destinations_events_check CHECK (cardinality(events) > 0),
  CONSTRAINT destinations_failing_check CHECK (consecutive_failures >= 0 AND (consecutive_failures = 0) = (failing_since IS NULL) AND (warned_at IS NULL OR consecutive_failures > 0)),
  CONSTRAINT destinations_failure_limits_check CHECK (warn_every_failures > 0 AND disable_after_failures > 0 AND disable_after_hours >= 0),
  CONSTRAINT destinations_kind_check CHECK (kind = ANY (ARRAY['partner_url'::text, 'webhook'::text])),
  CONSTRAINT destinations_method_check CHECK (method = ANY (ARRAY['GET'::text, 'POST'::text])),
  CONSTRAINT destinations_previous_secret_check CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL) AND (previous_secret IS NULL OR secret IS NOT NULL)),
  CONSTRAINT destinations_secret_check CHECK ((kind = 'webhook'::text) = (secret IS NOT NULL)),
  CONSTRAINT destinations_status_check CHECK (status = ANY (ARRAY['active'::text, 'paused'::text, 'disabled'::text]))
);
-- Settlement: the destinations that may be owed a postback
CREATE INDEX destinations_workspace_idx ON destinations USING btree (workspace_id, destination_id);

CREATE TABLE event_raw (
  event_id uuid NOT NULL,
  body jsonb NOT NULL,
  ip inet,
  user_agent text,
  CONSTRAINT event_raw_pkey PRIMARY KEY (event_id),
  CONSTRAINT event_raw_event_id_fkey FOREIGN KEY (event_id) REFERENCES inbox(event_id)
);

CREATE TABLE events (
  event_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  source_id uuid NOT NULL,
  kind text NOT NULL,
  trust text NOT NULL,
  sender_event_id text NOT NULL,
  transaction_key text NOT NULL,
  status text,
  refers_to text,
  click_ref text,
  click_id uuid,
  click_was_known boolean NOT NULL,
  player_id uuid,
  amount_minor bigint,
  currency text,
  occurred_at timestamp with time zone NOT NULL,
  occurred_at_source text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  attributes jsonb NOT NULL,
  is_test boolean DEFAULT false NOT NULL,
  handled_at timestamp with time zone,
  sweep_after timestamp with time zone DEFAULT (now() + '00:01:00'::interval) NOT NULL,
  period_from timestamp with time zone,
  period_to timestamp with time zone,
  excluded_until timestamp with time zone,
  decision text,
  ruled_conversion_id uuid,
  ruled_revision integer,
  CONSTRAINT events_pkey PRIMARY KEY (event_id),
  CONSTRAINT events_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT events_event_id_fkey FOREIGN KEY (event_id) REFERENCES inbox(event_id),
  CONSTRAINT events_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT events_ruled_conversion_id_fkey FOREIGN KEY (ruled_conversion_id) REFERENCES conversions(conversion_id),
  CONSTRAINT events_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources(source_id),
  CONSTRAINT events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT events_click_check CHECK (click_id IS NULL OR click_ref IS NOT NULL),
  CONSTRAINT events_excluded_until_check CHECK (excluded_until IS NULL OR kind = 'self_exclusion'::text AND excluded_until > occurred_at),
  CONSTRAINT events_kind_check CHECK (kind = ANY (ARRAY['install'::text, 'lead'::text, 'registration'::text, 'sale'::text, 'deposit'::text, 'withdrawal'::text, 'ngr'::text, 'chargeback'::text, 'self_exclusion'::text, 'ruling'::text])),
  CONSTRAINT events_money_check CHECK ((amount_minor IS NULL) = (currency IS NULL) AND ((kind <> ALL (ARRAY['deposit'::text, 'withdrawal'::text, 'chargeback'::text, 'ngr'::text])) OR amount_minor IS NOT NULL OR kind = 'deposit'::text AND COALESCE(status, ''::text) = 'reversed'::text) AND ((kind <> ALL (ARRAY['deposit'::text, 'withdrawal'::text, 'chargeback'::text])) OR COALESCE(amount_minor, 1::bigint) > 0) AND (kind <> 'self_exclusion'::text OR amount_minor IS NULL) AND (kind = 'ngr'::text OR COALESCE(amount_minor, 0::bigint) >= 0)),
  CONSTRAINT events_occurred_at_source_check CHECK (occurred_at_source = ANY (ARRAY['sender'::text, 'receipt'::text])),
  CONSTRAINT events_period_check CHECK ((kind = 'ngr'::text) = (period_from IS NOT NULL) AND (period_from IS NULL) = (period_to IS NULL) AND COALESCE(period_to > period_from, true)),
  CONSTRAINT events_player_check CHECK ((kind <> ALL (ARRAY['deposit'::text, 'withdrawal'::text, 'ngr'::text, 'chargeback'::text, 'self_exclusion'::text])) OR player_id IS NOT NULL),
  CONSTRAINT events_public_names_no_player_check CHECK (trust <> 'public'::text OR player_id IS NULL),
  CONSTRAINT events_public_never_pays_check CHECK (trust <> 'public'::text OR (kind <> ALL (ARRAY['deposit'::text, 'withdrawal'::text, 'ngr'::text, 'chargeback'::text, 'self_exclusion'::text, 'ruling'::text]))),
  CONSTRAINT events_refers_to_check CHECK ((kind = 'chargeback'::text) = (refers_to IS NOT NULL)),
  CONSTRAINT events_ruling_check CHECK ((kind = 'ruling'::text) = (decision IS NOT NULL) AND (kind = 'ruling'::text) = (ruled_conversion_id IS NOT NULL) AND (kind = 'ruling'::text) = (ruled_revision IS NOT NULL) AND (COALESCE(decision, 'approve'::text) = ANY (ARRAY['approve'::text, 'reject'::text]))),
  CONSTRAINT events_status_check CHECK ((kind = ANY (ARRAY['deposit'::text, 'withdrawal'::text])) = (status IS NOT NULL) AND (COALESCE(status, 'pending'::text) = ANY (ARRAY['pending'::text, 'failed'::text, 'confirmed'::text, 'reversed'::text]))),
  CONSTRAINT events_trust_check CHECK (trust = ANY (ARRAY['signed'::text, 'keyed'::text, 'public'::text]))
);
-- Reports: what was taken back of a deposit, however many events its player has
CREATE INDEX events_chargeback_idx ON events USING btree (player_id) WHERE (kind = 'chargeback'::text);
-- The timeline of a click, and the events that wait for it
CREATE INDEX events_click_idx ON events USING btree (click_id) WHERE (click_id IS NOT NULL);
-- Reports: the deposit that a chargeback names
CREATE INDEX events_deposit_idx ON events USING btree (player_id, sender_event_id) WHERE (kind = 'deposit'::text);
-- Reports and the ranking of players: NGR whose period reaches into a range
CREATE INDEX events_ngr_idx ON events USING btree (workspace_id, period_to) WHERE (kind = 'ngr'::text);
-- Settlement: all facts of a player, by their own time
CREATE INDEX events_player_idx ON events USING btree (player_id, occurred_at) WHERE (player_id IS NOT NULL);
-- Settlement: the rulings on a conversion; a revision is ruled on once
CREATE UNIQUE INDEX events_ruling_key ON events USING btree (ruled_conversion_id, ruled_revision) WHERE (ruled_conversion_id IS NOT NULL);
-- Intake: the facts of a transaction, which name one player
CREATE INDEX events_transaction_idx ON events USING btree (workspace_id, brand_id, kind, transaction_key);
-- The sweep: what was acknowledged and is not settled
CREATE INDEX events_unhandled_idx ON events USING btree (sweep_after) WHERE (handled_at IS NULL);

CREATE TABLE fraud_rule_sets (
  workspace_id uuid NOT NULL,
  version integer NOT NULL,
  rules jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT fraud_rule_sets_pkey PRIMARY KEY (workspace_id, version),
  CONSTRAINT fraud_rule_sets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT fraud_rule_sets_rules_check CHECK (jsonb_typeof(rules) = 'object'::text),
  CONSTRAINT fraud_rule_sets_version_check CHECK (version >= 2)
);
CREATE TRIGGER fraud_rule_sets_append_only BEFORE DELETE OR UPDATE ON fraud_rule_sets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fraud_rule_sets_no_truncate BEFORE TRUNCATE ON fraud_rule_sets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE fx_rates (
  rate_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  from_currency text NOT NULL,
  to_currency text NOT NULL,
  rate numeric NOT NULL,
  source text NOT NULL,
  rated_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT fx_rates_pkey PRIMARY KEY (rate_id),
  CONSTRAINT fx_rates_moment_key UNIQUE (workspace_id, from_currency, to_currency, rated_at),
  CONSTRAINT fx_rates_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT fx_rates_pair_check CHECK (from_currency <> to_currency),
  CONSTRAINT fx_rates_rate_check CHECK (rate > 0::numeric AND rate < 'Infinity'::numeric)
);
-- GET /v1/fx-rates: those of a workspace, page by page
CREATE INDEX fx_rates_workspace_idx ON fx_rates USING btree (workspace_id, rate_id);
CREATE TRIGGER fx_rates_append_only BEFORE DELETE OR UPDATE ON fx_rates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fx_rates_no_truncate BEFORE TRUNCATE ON fx_rates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE goals (
  goal_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  campaign_id uuid,
  name text NOT NULL,
  metric text NOT NULL,
  target bigint NOT NULL,
  currency text,
  from_day date NOT NULL,
  to_day date NOT NULL,
  time_zone text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT goals_pkey PRIMARY KEY (goal_id),
  CONSTRAINT goals_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
  CONSTRAINT goals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT goals_currency_check CHECK ((metric = ANY (ARRAY['deposit_total'::text, 'ngr'::text, 'spend'::text, 'cpa_metric'::text])) = (currency IS NOT NULL)),
  CONSTRAINT goals_days_check CHECK (to_day >= from_day AND (to_day - from_day) < 366),
  CONSTRAINT goals_metric_check CHECK (metric = ANY (ARRAY['registrations'::text, 'first_deposits'::text, 'deposits'::text, 'deposit_total'::text, 'ngr'::text, 'spend'::text, 'cpa_metric'::text])),
  CONSTRAINT goals_target_check CHECK (target > 0)
);
-- GET /v1/goals: those of a workspace, page by page
CREATE INDEX goals_workspace_idx ON goals USING btree (workspace_id, goal_id);

CREATE TABLE housekeeping (
  part text NOT NULL,
  succeeded_at timestamp with time zone,
  failing_since timestamp with time zone,
  error_code text,
  last_error text,
  CONSTRAINT housekeeping_pkey PRIMARY KEY (part),
  CONSTRAINT housekeeping_failure_check CHECK (num_nulls(failing_since, error_code, last_error) = ANY (ARRAY[0, 3])),
  CONSTRAINT housekeeping_state_check CHECK (num_nonnulls(succeeded_at, failing_since) > 0)
);

CREATE TABLE idempotency_keys (
  key_id uuid NOT NULL,
  route text NOT NULL,
  idempotency_key text NOT NULL,
  body_hash bytea NOT NULL,
  response_status smallint NOT NULL,
  response_body jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key_id, route, idempotency_key),
  CONSTRAINT idempotency_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(key_id)
);
-- Retention: answers that are older than a day
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys USING btree (created_at);

CREATE TABLE impression_raw (
  impression_id uuid NOT NULL,
  ip inet,
  user_agent text,
  referrer text,
  query text,
  CONSTRAINT impression_raw_pkey PRIMARY KEY (impression_id)
) PARTITION BY RANGE (impression_id);

CREATE TABLE impression_raw_default PARTITION OF impression_raw DEFAULT;

CREATE TABLE impressions (
  impression_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  campaign_version integer NOT NULL,
  offer_id uuid NOT NULL,
  partner_id uuid,
  partner_reason text,
  visitor_id uuid NOT NULL,
  shown_at timestamp with time zone NOT NULL,
  viewable_at timestamp with time zone,
  external_id text,
  subs jsonb NOT NULL,
  device text,
  CONSTRAINT impressions_pkey PRIMARY KEY (impression_id),
  CONSTRAINT impressions_device_check CHECK (device = ANY (ARRAY['mobile'::text, 'tablet'::text, 'desktop'::text, 'tv'::text])),
  CONSTRAINT impressions_viewable_check CHECK (viewable_at >= shown_at)
) PARTITION BY RANGE (impression_id);
-- Touches of a player: what a visitor has seen, latest first
CREATE INDEX impressions_visitor_idx ON impressions USING btree (visitor_id, impression_id);
-- The overview: impressions of one workspace that are not counted yet
CREATE INDEX impressions_workspace_idx ON impressions USING btree (workspace_id, shown_at);

CREATE TABLE impressions_default PARTITION OF impressions DEFAULT;

CREATE TABLE inbox (
  event_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  event_key text NOT NULL,
  body_hash bytea NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT inbox_pkey PRIMARY KEY (event_id),
  CONSTRAINT inbox_event_key_key UNIQUE (workspace_id, brand_id, event_key),
  CONSTRAINT inbox_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT inbox_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);

CREATE TABLE ledger_entries (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  journal_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  account text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  CONSTRAINT ledger_entries_pkey PRIMARY KEY (entry_id),
  CONSTRAINT ledger_entries_account_key UNIQUE (journal_id, account, currency),
  CONSTRAINT ledger_entries_journal_id_fkey FOREIGN KEY (journal_id) REFERENCES ledger_journals(journal_id),
  CONSTRAINT ledger_entries_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT ledger_entries_amount_check CHECK (amount_minor <> 0)
);
-- The trial balance, and the entries of an account
CREATE INDEX ledger_entries_account_idx ON ledger_entries USING btree (workspace_id, account, currency);
-- GET /v1/ledger/entries: those of a workspace, page by page
CREATE INDEX ledger_entries_workspace_idx ON ledger_entries USING btree (workspace_id, entry_id);
CREATE TRIGGER ledger_entries_append_only BEFORE DELETE OR UPDATE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER ledger_entries_zero_sum AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();

CREATE TABLE ledger_journals (
  journal_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  line_id uuid,
  line_revision integer,
  reason text NOT NULL,
  caused_by_event_id uuid,
  posted_at timestamp with time zone NOT NULL,
  payout_id uuid,
  CONSTRAINT ledger_journals_pkey PRIMARY KEY (journal_id),
  CONSTRAINT ledger_journals_line_revision_key UNIQUE (line_id, line_revision),
  CONSTRAINT ledger_journals_payout_key UNIQUE (payout_id),
  CONSTRAINT ledger_journals_caused_by_event_id_fkey FOREIGN KEY (caused_by_event_id) REFERENCES events(event_id),
  CONSTRAINT ledger_journals_line_id_fkey FOREIGN KEY (line_id) REFERENCES commission_lines(line_id),
  CONSTRAINT ledger_journals_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(payout_id),
  CONSTRAINT ledger_journals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT ledger_journals_cause_check CHECK ((line_id IS NULL) <> (payout_id IS NULL) AND (line_id IS NULL) = (line_revision IS NULL) AND (line_id IS NULL) = (caused_by_event_id IS NULL))
);
CREATE TRIGGER ledger_journals_append_only BEFORE DELETE OR UPDATE ON ledger_journals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_journals_no_truncate BEFORE TRUNCATE ON ledger_journals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER ledger_journals_zero_sum AFTER INSERT ON ledger_journals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();

CREATE TABLE losing_touches (
  conversion_id uuid NOT NULL,
  touch_kind text NOT NULL,
  touch_id uuid NOT NULL,
  partner_id uuid,
  reason text NOT NULL,
  CONSTRAINT losing_touches_pkey PRIMARY KEY (conversion_id, touch_kind, touch_id),
  CONSTRAINT losing_touches_conversion_id_fkey FOREIGN KEY (conversion_id) REFERENCES conversions(conversion_id),
  CONSTRAINT losing_touches_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT losing_touches_reason_check CHECK (reason = ANY (ARRAY['assisted'::text, 'click_beats_view'::text, 'contested'::text, 'blocked_click'::text, 'outside_click_window'::text, 'click_after_event'::text])),
  CONSTRAINT losing_touches_touch_kind_check CHECK (touch_kind = ANY (ARRAY['click'::text, 'view'::text]))
);

CREATE TABLE offers (
  offer_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  landing_url text NOT NULL,
  fallback_url text,
  created_at timestamp with time zone NOT NULL,
  payout_minor bigint,
  payout_currency text,
  changed_in xid8,
  CONSTRAINT offers_pkey PRIMARY KEY (offer_id),
  CONSTRAINT offers_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT offers_payout_check CHECK ((payout_minor IS NULL) = (payout_currency IS NULL) AND COALESCE(payout_minor, 1::bigint) > 0)
);
-- The campaigns in memory: what has changed since they were read
CREATE INDEX offers_changed_idx ON offers USING btree (changed_in);
-- GET /v1/offers: those of a workspace, page by page
CREATE INDEX offers_workspace_idx ON offers USING btree (workspace_id, offer_id);
CREATE TRIGGER offers_announce AFTER INSERT OR UPDATE ON offers FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
CREATE TRIGGER offers_mark_change BEFORE INSERT OR UPDATE ON offers FOR EACH ROW EXECUTE FUNCTION mark_change();

CREATE TABLE outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  lane smallint NOT NULL,
  kind text NOT NULL,
  workspace_id uuid NOT NULL,
  ref_id uuid NOT NULL,
  run integer DEFAULT 0 NOT NULL,
  available_at timestamp with time zone NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  last_error text,
  parked_at timestamp with time zone,
  CONSTRAINT outbox_pkey PRIMARY KEY (lane, outbox_id),
  CONSTRAINT outbox_kind_check CHECK (kind = 'event'::text AND lane = 0 OR kind = 'postback'::text AND lane = 1 OR kind = 'timer'::text AND lane = 1 OR kind = 'click'::text AND lane = 2 OR kind = 'timer'::text AND lane = 3 OR kind = 'click'::text AND lane = 3),
  CONSTRAINT outbox_parked_check CHECK (parked_at IS NULL OR last_error IS NOT NULL AND attempts > 0)
);
-- The relay: duties of each workspace in turn
CREATE INDEX outbox_duties_idx ON outbox USING btree (workspace_id, outbox_id) WHERE ((lane = 1) AND (parked_at IS NULL));
-- GET /v1/outbox/parked: rows that wait for a person, oldest first, and their number
CREATE INDEX outbox_parked_idx ON outbox USING btree (workspace_id, outbox_id) WHERE (parked_at IS NOT NULL);
-- What is queued already, except for clicks on their first way.
CREATE UNIQUE INDEX outbox_ref_key ON outbox USING btree (kind, ref_id, run) WHERE (lane <> 2);

CREATE TABLE partners (
  partner_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  code text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_in xid8,
  CONSTRAINT partners_pkey PRIMARY KEY (partner_id),
  CONSTRAINT partners_code_key UNIQUE (workspace_id, code),
  CONSTRAINT partners_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);
-- The campaigns in memory: what has changed since they were read
CREATE INDEX partners_changed_idx ON partners USING btree (changed_in);
-- GET /v1/partners: those of a workspace, page by page
CREATE INDEX partners_workspace_idx ON partners USING btree (workspace_id, partner_id);
CREATE TRIGGER partners_announce AFTER INSERT OR UPDATE ON partners FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
CREATE TRIGGER partners_are_kept BEFORE DELETE ON partners FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER partners_mark_change BEFORE INSERT OR UPDATE ON partners FOR EACH ROW EXECUTE FUNCTION mark_change();
CREATE TRIGGER partners_no_truncate BEFORE TRUNCATE ON partners FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE payout_lines (
  payout_id uuid NOT NULL,
  line_id uuid NOT NULL,
  line_revision integer NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT payout_lines_pkey PRIMARY KEY (payout_id, line_id),
  CONSTRAINT payout_lines_line_id_fkey FOREIGN KEY (line_id) REFERENCES commission_lines(line_id),
  CONSTRAINT payout_lines_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(payout_id),
  CONSTRAINT payout_lines_amount_check CHECK (amount_minor <> 0)
);
-- Settlement and payouts: what was paid for a line
CREATE INDEX payout_lines_line_idx ON payout_lines USING btree (line_id);
CREATE TRIGGER payout_lines_append_only BEFORE DELETE OR UPDATE ON payout_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_lines_no_truncate BEFORE TRUNCATE ON payout_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_lines_sum AFTER INSERT ON payout_lines REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_payout_lines_sum();

CREATE TABLE payouts (
  payout_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  partner_id uuid NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  reference text NOT NULL,
  up_to timestamp with time zone,
  note text,
  actor text NOT NULL,
  paid_at timestamp with time zone NOT NULL,
  CONSTRAINT payouts_pkey PRIMARY KEY (payout_id),
  CONSTRAINT payouts_reference_key UNIQUE (partner_id, reference),
  CONSTRAINT payouts_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT payouts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT payouts_amount_check CHECK (amount_minor > 0)
);
-- GET /v1/partners/:id/payouts: those of a partner, page by page
CREATE INDEX payouts_partner_idx ON payouts USING btree (partner_id, payout_id);
CREATE TRIGGER payouts_append_only BEFORE DELETE OR UPDATE ON payouts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payouts_no_truncate BEFORE TRUNCATE ON payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER payouts_sum AFTER INSERT ON payouts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_payout_sum();

CREATE TABLE player_bindings (
  player_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  revision integer NOT NULL,
  binding_event_id uuid NOT NULL,
  bound_at timestamp with time zone NOT NULL,
  is_provisional boolean NOT NULL,
  reason text NOT NULL,
  click_id uuid,
  partner_id uuid,
  deal_id uuid,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT player_bindings_pkey PRIMARY KEY (player_id),
  CONSTRAINT player_bindings_binding_event_id_fkey FOREIGN KEY (binding_event_id) REFERENCES events(event_id),
  CONSTRAINT player_bindings_deal_id_fkey FOREIGN KEY (deal_id) REFERENCES deals(deal_id),
  CONSTRAINT player_bindings_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners(partner_id),
  CONSTRAINT player_bindings_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT player_bindings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT player_bindings_deal_check CHECK (deal_id IS NULL OR partner_id IS NOT NULL),
  CONSTRAINT player_bindings_partner_check CHECK (partner_id IS NULL OR click_id IS NOT NULL)
);
-- The players that a click brought
CREATE INDEX player_bindings_click_idx ON player_bindings USING btree (click_id);

CREATE TABLE players (
  player_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  external_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  linked_at timestamp with time zone,
  excluded_during tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
  CONSTRAINT players_pkey PRIMARY KEY (player_id),
  CONSTRAINT players_external_id_key UNIQUE (workspace_id, brand_id, external_id),
  CONSTRAINT players_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT players_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id)
);

CREATE TABLE postback_attempts (
  postback_id uuid NOT NULL,
  attempt_no integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  outcome text,
  reason text,
  http_status smallint,
  latency_ms integer,
  excerpt text,
  destination_id uuid,
  run integer,
  CONSTRAINT postback_attempts_pkey PRIMARY KEY (postback_id, attempt_no),
  CONSTRAINT postback_attempts_postback_id_fkey FOREIGN KEY (postback_id) REFERENCES postbacks(postback_id),
  CONSTRAINT postback_attempts_outcome_check CHECK ((finished_at IS NULL) = (outcome IS NULL) AND (COALESCE(outcome, 'retry'::text) = ANY (ARRAY['delivered'::text, 'retry'::text, 'refused'::text, 'disabled'::text, 'abandoned'::text])))
);
-- Delivery: the attempts that a destination has at once
CREATE INDEX postback_attempts_open_idx ON postback_attempts USING btree (destination_id, started_at) WHERE (finished_at IS NULL);

CREATE TABLE postbacks (
  postback_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  destination_id uuid NOT NULL,
  key text NOT NULL,
  event_kind text NOT NULL,
  corrects text,
  is_withdrawal boolean DEFAULT false NOT NULL,
  caused_by_event_id uuid,
  conversion_id uuid,
  click_id uuid,
  player_id uuid,
  method text NOT NULL,
  url text NOT NULL,
  headers jsonb NOT NULL,
  body text,
  is_test boolean NOT NULL,
  run integer DEFAULT 0 NOT NULL,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  delivered_at timestamp with time zone,
  dead_at timestamp with time zone,
  dead_reason text,
  sweep_after timestamp with time zone DEFAULT (now() + '00:05:00'::interval) NOT NULL,
  held_at timestamp with time zone,
  handed_to text,
  context jsonb,
  CONSTRAINT postbacks_pkey PRIMARY KEY (postback_id),
  CONSTRAINT postbacks_key_key UNIQUE (key),
  CONSTRAINT postbacks_caused_by_event_id_fkey FOREIGN KEY (caused_by_event_id) REFERENCES events(event_id),
  CONSTRAINT postbacks_conversion_id_fkey FOREIGN KEY (conversion_id) REFERENCES conversions(conversion_id),
  CONSTRAINT postbacks_destination_id_fkey FOREIGN KEY (destination_id) REFERENCES destinations(destination_id),
  CONSTRAINT postbacks_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT postbacks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT postbacks_correction_check CHECK ((event_kind = 'correction'::text) = (corrects IS NOT NULL) AND (corrects IS NOT NULL OR NOT is_withdrawal)),
  CONSTRAINT postbacks_dead_check CHECK ((status = 'dead'::text) = (dead_at IS NOT NULL) AND (status = 'dead'::text) = (dead_reason IS NOT NULL)),
  CONSTRAINT postbacks_delivered_check CHECK ((status = 'delivered'::text) = (delivered_at IS NOT NULL)),
  CONSTRAINT postbacks_held_check CHECK (held_at IS NULL OR status = 'pending'::text),
  CONSTRAINT postbacks_status_check CHECK (status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text])),
  CONSTRAINT postbacks_test_check CHECK (is_test = (conversion_id IS NULL))
);
-- GET /v1/postbacks$1clickId=: those about a click
CREATE INDEX postbacks_click_idx ON postbacks USING btree (click_id) WHERE (click_id IS NOT NULL);
-- Settlement: the postbacks about a conversion
CREATE INDEX postbacks_conversion_idx ON postbacks USING btree (conversion_id) WHERE (conversion_id IS NOT NULL);
-- Dead letters of a workspace: listed, summed up and replayed
CREATE INDEX postbacks_dead_idx ON postbacks USING btree (workspace_id, destination_id, dead_at) WHERE (status = 'dead'::text);
-- Settlement: the postbacks that an event caused
CREATE INDEX postbacks_event_idx ON postbacks USING btree (caused_by_event_id) WHERE (caused_by_event_id IS NOT NULL);
-- The sweep: what a destination that was resumed is still owed, held longest first
CREATE INDEX postbacks_held_idx ON postbacks USING btree (destination_id, held_at) WHERE ((status = 'pending'::text) AND (held_at IS NOT NULL));
-- What a disabled destination is still owed
CREATE INDEX postbacks_owed_idx ON postbacks USING btree (destination_id) WHERE (status = 'pending'::text);
-- A rebuild: postbacks that are owed, oldest first
CREATE INDEX postbacks_pending_idx ON postbacks USING btree (created_at) WHERE (status = 'pending'::text);
-- The sweep: postbacks whose run is overdue
CREATE INDEX postbacks_sweep_idx ON postbacks USING btree (sweep_after) WHERE ((status = 'pending'::text) AND (held_at IS NULL));
-- GET /v1/postbacks: those of a workspace, page by page
CREATE INDEX postbacks_workspace_idx ON postbacks USING btree (workspace_id, postback_id);

CREATE TABLE quarantine (
  event_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  reason text NOT NULL,
  quarantined_at timestamp with time zone NOT NULL,
  released_at timestamp with time zone,
  released_by text,
  matched_click_id uuid,
  rules_tried_at timestamp with time zone,
  rules_due_at timestamp with time zone,
  rules_found integer,
  look_again_at timestamp with time zone DEFAULT now() NOT NULL,
  expired_at timestamp with time zone,
  CONSTRAINT quarantine_pkey PRIMARY KEY (event_id),
  CONSTRAINT quarantine_event_id_fkey FOREIGN KEY (event_id) REFERENCES inbox(event_id),
  CONSTRAINT quarantine_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT quarantine_match_check CHECK (matched_click_id IS NULL OR released_at IS NOT NULL),
  CONSTRAINT quarantine_reason_check CHECK (reason = ANY (ARRAY['unknown_click'::text, 'unknown_player'::text, 'unknown_click_and_player'::text, 'clock_suspect'::text])),
  CONSTRAINT quarantine_released_check CHECK ((released_at IS NULL) = (released_by IS NULL)),
  CONSTRAINT quarantine_rules_tried_check CHECK ((rules_tried_at IS NULL) = (rules_due_at IS NULL) AND (rules_found IS NULL OR rules_found >= 0 AND rules_tried_at IS NOT NULL))
);
-- GET /v1/quarantine: what has expired, oldest first
CREATE INDEX quarantine_desk_expired_idx ON quarantine USING btree (workspace_id, event_id) WHERE ((released_at IS NULL) AND (expired_at IS NOT NULL));
-- GET /v1/quarantine and new rules: what waits, oldest first
CREATE INDEX quarantine_desk_waiting_idx ON quarantine USING btree (workspace_id, event_id) WHERE ((released_at IS NULL) AND (expired_at IS NULL));
-- The sweep: what is to be looked at now
CREATE INDEX quarantine_look_again_idx ON quarantine USING btree (look_again_at) WHERE ((released_at IS NULL) AND (expired_at IS NULL));
-- The timeline of a click: events that were matched to it
CREATE INDEX quarantine_matched_click_idx ON quarantine USING btree (matched_click_id) WHERE (matched_click_id IS NOT NULL);
-- GET /v1/quarantine: what waited in a workspace, too, page by page
CREATE INDEX quarantine_workspace_idx ON quarantine USING btree (workspace_id, event_id);
CREATE TRIGGER quarantine_count_inserted AFTER INSERT ON quarantine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_quarantine();
CREATE TRIGGER quarantine_count_updated AFTER UPDATE ON quarantine REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_quarantine();

CREATE TABLE quarantine_changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  waiting bigint NOT NULL,
  expired bigint NOT NULL,
  CONSTRAINT quarantine_changes_pkey PRIMARY KEY (change_id)
);

CREATE TABLE quarantine_releases (
  kind text NOT NULL,
  ref_id uuid NOT NULL,
  after_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  pieces integer DEFAULT 0 NOT NULL,
  CONSTRAINT quarantine_releases_pkey PRIMARY KEY (kind, ref_id),
  CONSTRAINT quarantine_releases_kind_check CHECK (kind = ANY (ARRAY['player'::text, 'click'::text]))
);

CREATE TABLE quarantine_rules (
  rule_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  source_id uuid,
  name text NOT NULL,
  event_field text NOT NULL,
  event_attribute text,
  click_field text NOT NULL,
  click_key text,
  is_enabled boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  past_after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  CONSTRAINT quarantine_rules_pkey PRIMARY KEY (rule_id),
  CONSTRAINT quarantine_rules_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources(source_id),
  CONSTRAINT quarantine_rules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT quarantine_rules_click_field_check CHECK ((click_field = ANY (ARRAY['external_id'::text, 'sub'::text, 'ad_id'::text])) AND (click_field = 'external_id'::text) = (click_key IS NULL)),
  CONSTRAINT quarantine_rules_event_field_check CHECK ((event_field = ANY (ARRAY['click_ref'::text, 'transaction_id'::text, 'player_id'::text, 'attribute'::text])) AND (event_field = 'attribute'::text) = (event_attribute IS NOT NULL))
);
-- GET /v1/quarantine/rules, and whether an arriving event has any
CREATE INDEX quarantine_rules_workspace_idx ON quarantine_rules USING btree (workspace_id, rule_id);

CREATE TABLE rate_grants (
  player_id uuid NOT NULL,
  from_currency text NOT NULL,
  to_currency text NOT NULL,
  converted_at timestamp with time zone NOT NULL,
  rate text NOT NULL,
  source text NOT NULL,
  rated_at timestamp with time zone NOT NULL,
  CONSTRAINT rate_grants_pkey PRIMARY KEY (player_id, from_currency, to_currency, converted_at),
  CONSTRAINT rate_grants_player_id_fkey FOREIGN KEY (player_id) REFERENCES players(player_id),
  CONSTRAINT rate_grants_pair_check CHECK (from_currency <> to_currency),
  CONSTRAINT rate_grants_time_check CHECK (rated_at <= converted_at)
);
CREATE TRIGGER rate_grants_append_only BEFORE DELETE OR UPDATE ON rate_grants FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rate_grants_no_truncate BEFORE TRUNCATE ON rate_grants FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE result_hours (
  workspace_id uuid NOT NULL,
  dimension text NOT NULL,
  hour_at timestamp with time zone NOT NULL,
  campaign_id uuid,
  partner_id uuid,
  value text,
  currency text,
  blocked_clicks bigint NOT NULL,
  review_clicks bigint NOT NULL,
  installs_ppm bigint NOT NULL,
  registrations_ppm bigint NOT NULL,
  deposits_ppm bigint NOT NULL,
  first_deposits_ppm bigint NOT NULL,
  deposit_minor numeric NOT NULL,
  commission_minor numeric NOT NULL,
  CONSTRAINT result_hours_key UNIQUE NULLS NOT DISTINCT (workspace_id, dimension, hour_at, campaign_id, partner_id, value, currency),
  CONSTRAINT result_hours_count_check CHECK (blocked_clicks >= 0 AND review_clicks >= 0 AND installs_ppm >= 0 AND registrations_ppm >= 0 AND first_deposits_ppm >= 0 AND deposits_ppm >= first_deposits_ppm),
  CONSTRAINT result_hours_dimension_check CHECK (dimension = ANY (ARRAY['campaign'::text, 'country'::text, 'device'::text])),
  CONSTRAINT result_hours_money_check CHECK (currency IS NOT NULL OR deposit_minor = 0::numeric AND commission_minor = 0::numeric),
  CONSTRAINT result_hours_time_check CHECK (hour_at = date_trunc('hour'::text, hour_at, 'UTC'::text)),
  CONSTRAINT result_hours_value_check CHECK (
CASE dimension
    WHEN 'campaign'::text THEN value IS NULL
    ELSE campaign_id IS NULL AND partner_id IS NULL
END)
);

CREATE TABLE result_marks (
  mark_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  workspace_id uuid NOT NULL,
  quarter_at timestamp with time zone NOT NULL,
  marked_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT result_marks_pkey PRIMARY KEY (mark_id)
);

CREATE TABLE result_quarters (
  workspace_id uuid NOT NULL,
  quarter_at timestamp with time zone NOT NULL,
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
  CONSTRAINT result_quarters_key UNIQUE NULLS NOT DISTINCT (workspace_id, quarter_at, campaign_id, partner_id, country, device, currency),
  CONSTRAINT result_quarters_count_check CHECK (blocked_clicks >= 0 AND review_clicks >= 0 AND installs_ppm >= 0 AND registrations_ppm >= 0 AND first_deposits_ppm >= 0 AND deposits_ppm >= first_deposits_ppm),
  CONSTRAINT result_quarters_money_check CHECK (currency IS NOT NULL OR deposit_minor = 0::numeric AND commission_minor = 0::numeric),
  CONSTRAINT result_quarters_time_check CHECK (quarter_at = quarter_of(quarter_at))
);

CREATE TABLE rollup_progress (
  is_the_only boolean DEFAULT true NOT NULL,
  folded_until timestamp with time zone NOT NULL,
  closed_until timestamp with time zone NOT NULL,
  CONSTRAINT rollup_progress_pkey PRIMARY KEY (is_the_only),
  CONSTRAINT rollup_progress_closed_check CHECK (closed_until = quarter_of(closed_until)),
  CONSTRAINT rollup_progress_only_check CHECK (is_the_only),
  CONSTRAINT rollup_progress_order_check CHECK (closed_until <= folded_until)
);

CREATE TABLE scenarios (
  scenario_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  tag text NOT NULL,
  from_day date NOT NULL,
  to_day date,
  weekdays smallint[],
  time_zone text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT scenarios_pkey PRIMARY KEY (scenario_id),
  CONSTRAINT scenarios_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT scenarios_days_check CHECK (to_day >= from_day),
  CONSTRAINT scenarios_kind_check CHECK (kind = ANY (ARRAY['weekend'::text, 'holiday'::text, 'algorithm'::text, 'custom'::text])),
  CONSTRAINT scenarios_weekdays_check CHECK (cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1::smallint, 2::smallint, 3::smallint, 4::smallint, 5::smallint, 6::smallint, 7::smallint])
);
-- GET /v1/scenarios, and those that a conversion may belong to
CREATE INDEX scenarios_workspace_idx ON scenarios USING btree (workspace_id, scenario_id);

CREATE TABLE segment_rule_sets (
  workspace_id uuid NOT NULL,
  version integer NOT NULL,
  rules jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT segment_rule_sets_pkey PRIMARY KEY (workspace_id, version),
  CONSTRAINT segment_rule_sets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT segment_rule_sets_rules_check CHECK (jsonb_typeof(rules) = 'array'::text),
  CONSTRAINT segment_rule_sets_version_check CHECK (version >= 2)
);
CREATE TRIGGER segment_rule_sets_append_only BEFORE DELETE OR UPDATE ON segment_rule_sets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER segment_rule_sets_no_truncate BEFORE TRUNCATE ON segment_rule_sets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE signed_messages (
  source_id uuid NOT NULL,
  message_hash bytea NOT NULL,
  path text NOT NULL,
  kind text,
  used_at timestamp with time zone NOT NULL,
  CONSTRAINT signed_messages_pkey PRIMARY KEY (source_id, message_hash),
  CONSTRAINT signed_messages_hash_check CHECK (octet_length(message_hash) = 32)
);
-- Messages that cannot be sent again and may go.
CREATE INDEX signed_messages_used_at_idx ON signed_messages USING btree (used_at);

CREATE TABLE sources (
  source_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  secret text,
  created_at timestamp with time zone NOT NULL,
  ip_allow_list text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT sources_pkey PRIMARY KEY (source_id),
  CONSTRAINT sources_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT sources_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT sources_kind_check CHECK (kind = ANY (ARRAY['api'::text, 'gaming'::text])),
  CONSTRAINT sources_secret_check CHECK ((kind = 'api'::text) = (secret IS NULL))
);
-- The source of keys that are bound to none; a workspace has one
CREATE UNIQUE INDEX sources_one_builtin_idx ON sources USING btree (workspace_id) WHERE (kind = 'api'::text);
-- GET /v1/sources: those of a workspace, page by page
CREATE INDEX sources_workspace_idx ON sources USING btree (workspace_id, source_id);

CREATE TABLE status_mappings (
  mapping_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  source_id uuid NOT NULL,
  word text NOT NULL,
  kind text,
  status text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  retired_at timestamp with time zone,
  past_tried_at timestamp with time zone,
  CONSTRAINT status_mappings_pkey PRIMARY KEY (mapping_id),
  CONSTRAINT status_mappings_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources(source_id),
  CONSTRAINT status_mappings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT status_mappings_kind_check CHECK (kind = ANY (ARRAY['install'::text, 'lead'::text, 'registration'::text, 'sale'::text, 'deposit'::text, 'withdrawal'::text, 'ngr'::text, 'chargeback'::text, 'self_exclusion'::text])),
  CONSTRAINT status_mappings_meaning_check CHECK (kind IS NOT NULL OR status IS NOT NULL),
  CONSTRAINT status_mappings_status_check CHECK (status IS NULL OR (status = ANY (ARRAY['pending'::text, 'failed'::text, 'confirmed'::text, 'reversed'::text])) AND (COALESCE(kind, 'deposit'::text) = ANY (ARRAY['deposit'::text, 'withdrawal'::text])))
);
-- Intake: what a word means; one thing at a time
CREATE UNIQUE INDEX status_mappings_word_key ON status_mappings USING btree (source_id, word) WHERE (retired_at IS NULL);
-- GET /v1/status-mappings: those of a workspace, page by page
CREATE INDEX status_mappings_workspace_idx ON status_mappings USING btree (workspace_id, mapping_id);

CREATE TABLE subjects (
  subject_key text NOT NULL,
  due_at timestamp with time zone,
  settled_until timestamp with time zone,
  CONSTRAINT subjects_pkey PRIMARY KEY (subject_key)
);
-- The sweep: what is due and no timer has settled
CREATE INDEX subjects_due_idx ON subjects USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE TABLE traffic_hours (
  workspace_id uuid NOT NULL,
  hour_at timestamp with time zone NOT NULL,
  campaign_id uuid NOT NULL,
  partner_id uuid,
  device text,
  clicks bigint NOT NULL,
  impressions bigint NOT NULL,
  CONSTRAINT traffic_hours_key UNIQUE NULLS NOT DISTINCT (workspace_id, hour_at, campaign_id, partner_id, device),
  CONSTRAINT traffic_hours_count_check CHECK (clicks >= 0 AND impressions >= 0 AND (clicks + impressions) > 0),
  CONSTRAINT traffic_hours_time_check CHECK (hour_at = date_trunc('hour'::text, hour_at, 'UTC'::text))
);

CREATE TABLE traffic_quarters (
  workspace_id uuid NOT NULL,
  quarter_at timestamp with time zone NOT NULL,
  campaign_id uuid NOT NULL,
  partner_id uuid,
  device text,
  clicks bigint NOT NULL,
  impressions bigint NOT NULL,
  CONSTRAINT traffic_quarters_key UNIQUE NULLS NOT DISTINCT (workspace_id, quarter_at, campaign_id, partner_id, device),
  CONSTRAINT traffic_quarters_count_check CHECK (clicks >= 0 AND impressions >= 0 AND (clicks + impressions) > 0),
  CONSTRAINT traffic_quarters_time_check CHECK (quarter_at = quarter_of(quarter_at))
);

CREATE TABLE unmapped_report_raw (
  report_id uuid NOT NULL,
  body jsonb NOT NULL,
  ip inet,
  user_agent text,
  CONSTRAINT unmapped_report_raw_pkey PRIMARY KEY (report_id),
  CONSTRAINT unmapped_report_raw_report_id_fkey FOREIGN KEY (report_id) REFERENCES unmapped_reports(report_id)
);

CREATE TABLE unmapped_reports (
  report_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  source_id uuid NOT NULL,
  trust text NOT NULL,
  report_key text NOT NULL,
  body_hash bytea NOT NULL,
  sender_event_id text NOT NULL,
  kind text,
  status text,
  event_word text,
  status_word text,
  fields jsonb NOT NULL,
  unknown_fields integer NOT NULL,
  received_at timestamp with time zone NOT NULL,
  tried_mappings uuid[] DEFAULT '{}'::uuid[] NOT NULL,
  problem text,
  resolved_at timestamp with time zone,
  resolved_by text,
  event_id uuid,
  expired_at timestamp with time zone,
  CONSTRAINT unmapped_reports_pkey PRIMARY KEY (report_id),
  CONSTRAINT unmapped_reports_report_key_key UNIQUE (workspace_id, brand_id, report_key),
  CONSTRAINT unmapped_reports_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(brand_id),
  CONSTRAINT unmapped_reports_event_id_fkey FOREIGN KEY (event_id) REFERENCES inbox(event_id),
  CONSTRAINT unmapped_reports_source_id_fkey FOREIGN KEY (source_id) REFERENCES sources(source_id),
  CONSTRAINT unmapped_reports_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT unmapped_reports_kind_check CHECK ((kind IS NULL) = (event_word IS NOT NULL)),
  CONSTRAINT unmapped_reports_public_names_no_player_check CHECK (trust <> 'public'::text OR NOT jsonb_exists(fields, 'playerId'::text)),
  CONSTRAINT unmapped_reports_resolved_check CHECK ((resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (event_id IS NULL)),
  CONSTRAINT unmapped_reports_status_check CHECK (status IS NULL OR status_word IS NULL),
  CONSTRAINT unmapped_reports_trust_check CHECK (trust = ANY (ARRAY['signed'::text, 'keyed'::text, 'public'::text])),
  CONSTRAINT unmapped_reports_word_check CHECK (event_word IS NOT NULL OR status_word IS NOT NULL)
);
-- GET /v1/quarantine: reports that have expired, oldest first
CREATE INDEX unmapped_reports_desk_expired_idx ON unmapped_reports USING btree (workspace_id, report_id) WHERE ((resolved_at IS NULL) AND (expired_at IS NOT NULL));
-- GET /v1/quarantine and its words: reports that wait, oldest first
CREATE INDEX unmapped_reports_desk_waiting_idx ON unmapped_reports USING btree (workspace_id, report_id) WHERE ((resolved_at IS NULL) AND (expired_at IS NULL));
-- A mapping: reports that wait for the word of an event
CREATE INDEX unmapped_reports_event_word_idx ON unmapped_reports USING btree (source_id, event_word, report_id) WHERE ((resolved_at IS NULL) AND (event_word IS NOT NULL));
-- The sweep: reports whose waiting ends
CREATE INDEX unmapped_reports_received_idx ON unmapped_reports USING btree (received_at) WHERE ((resolved_at IS NULL) AND (expired_at IS NULL));
-- A mapping: reports that wait for the word of a status
CREATE INDEX unmapped_reports_status_word_idx ON unmapped_reports USING btree (source_id, status_word, report_id) WHERE ((resolved_at IS NULL) AND (status_word IS NOT NULL));
-- GET /v1/quarantine: reports of a workspace that are explained by now, too, page by page
CREATE INDEX unmapped_reports_workspace_idx ON unmapped_reports USING btree (workspace_id, report_id);
CREATE TRIGGER unmapped_reports_count_inserted AFTER INSERT ON unmapped_reports REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_unmapped_reports();
CREATE TRIGGER unmapped_reports_count_updated AFTER UPDATE ON unmapped_reports REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_unmapped_reports();

CREATE TABLE velocity_hits (
  workspace_id uuid NOT NULL,
  counter_key bytea NOT NULL,
  minute_at timestamp with time zone NOT NULL,
  hit_at timestamp with time zone NOT NULL,
  subject_id uuid NOT NULL,
  CONSTRAINT velocity_hits_pkey PRIMARY KEY (workspace_id, counter_key, minute_at, hit_at, subject_id),
  CONSTRAINT velocity_hits_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT velocity_hits_minute_check CHECK (hit_at >= minute_at AND hit_at < (minute_at + '00:01:00'::interval))
);
-- Retention: minutes that nobody asks about any more
CREATE INDEX velocity_hits_minute_idx ON velocity_hits USING btree (minute_at);

CREATE TABLE verdicts (
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  rules_version integer NOT NULL,
  outcome text NOT NULL,
  score smallint NOT NULL,
  reasons jsonb NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT verdicts_pkey PRIMARY KEY (subject_kind, subject_id),
  CONSTRAINT verdicts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT verdicts_outcome_check CHECK (outcome = ANY (ARRAY['allow'::text, 'review'::text, 'block'::text])),
  CONSTRAINT verdicts_reasons_check CHECK (outcome = 'allow'::text OR jsonb_array_length(reasons) > 0),
  CONSTRAINT verdicts_score_check CHECK (score >= 0 AND score <= 100),
  CONSTRAINT verdicts_subject_kind_check CHECK (subject_kind = ANY (ARRAY['click'::text, 'event'::text]))
);
-- Rollups: clicks that were blocked or are doubted, in a range of time
CREATE INDEX verdicts_doubted_clicks_idx ON verdicts USING btree (workspace_id, subject_id) WHERE ((subject_kind = 'click'::text) AND (outcome <> 'allow'::text));
CREATE TRIGGER verdicts_append_only BEFORE DELETE OR UPDATE ON verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verdicts_mark_results AFTER INSERT ON verdicts REFERENCING NEW TABLE AS judged FOR EACH STATEMENT EXECUTE FUNCTION mark_results_of_verdicts();
CREATE TRIGGER verdicts_no_truncate BEFORE TRUNCATE ON verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE workspace_hosts (
  host text NOT NULL,
  workspace_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT workspace_hosts_pkey PRIMARY KEY (host),
  CONSTRAINT workspace_hosts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id),
  CONSTRAINT workspace_hosts_host_check CHECK (host = lower(host) AND host ~ '^[^/:@[:space:]]{1,253}$'::text)
);
-- GET /v1/campaigns: the host of the links of a workspace
CREATE INDEX workspace_hosts_workspace_idx ON workspace_hosts USING btree (workspace_id, host);
CREATE TRIGGER workspace_hosts_announce AFTER INSERT OR DELETE OR UPDATE ON workspace_hosts FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();

CREATE TABLE workspaces (
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  velocity_salt bytea DEFAULT (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) NOT NULL,
  review_reminder_hours integer DEFAULT 24 NOT NULL,
  review_timeout_hours integer,
  review_timeout_decision text,
  reporting_currency text DEFAULT 'USD'::text NOT NULL,
  CONSTRAINT workspaces_pkey PRIMARY KEY (workspace_id),
  CONSTRAINT workspaces_name_key UNIQUE (name),
  CONSTRAINT workspaces_reporting_currency_check CHECK (reporting_currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT workspaces_review_policy_check CHECK (review_reminder_hours >= 1 AND review_reminder_hours <= 8760 AND (review_timeout_hours IS NULL) = (review_timeout_decision IS NULL) AND COALESCE(review_timeout_hours, 1) >= 1 AND COALESCE(review_timeout_hours, 1) <= 8760 AND (COALESCE(review_timeout_decision, 'approve'::text) = ANY (ARRAY['approve'::text, 'reject'::text])))
);

CREATE OR REPLACE FUNCTION announce_catalog_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      PERFORM pg_notify('catalog_changed', '');
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION check_journal_balance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF EXISTS (
        SELECT 1 FROM ledger_entries AS e WHERE e.journal_id = NEW.journal_id
        GROUP BY e.currency HAVING sum(e.amount_minor) <> 0
      ) OR NOT EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.journal_id = NEW.journal_id) THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_zero_sum_check';
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION check_payout_lines_sum()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      PERFORM require_payout_sum(s.payout_id) FROM (SELECT DISTINCT a.payout_id FROM added AS a) AS s;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION check_payout_sum()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      PERFORM require_payout_sum(NEW.payout_id);
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION count_quarantine()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT count(*) FILTER (WHERE expired_at IS NULL), count(*) FILTER (WHERE expired_at IS NOT NULL) FROM new_rows WHERE released_at IS NULL HAVING count(*) > 0;
      ELSE
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT n.waiting - o.waiting, n.expired - o.expired
        FROM (SELECT count(*) FILTER (WHERE expired_at IS NULL) AS waiting, count(*) FILTER (WHERE expired_at IS NOT NULL) AS expired FROM new_rows WHERE released_at IS NULL) AS n,
          (SELECT count(*) FILTER (WHERE expired_at IS NULL) AS waiting, count(*) FILTER (WHERE expired_at IS NOT NULL) AS expired FROM old_rows WHERE released_at IS NULL) AS o
        WHERE (n.waiting, n.expired) <> (o.waiting, o.expired);
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION count_unmapped_reports()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT count(*) FILTER (WHERE expired_at IS NULL), count(*) FILTER (WHERE expired_at IS NOT NULL) FROM new_rows WHERE resolved_at IS NULL HAVING count(*) > 0;
      ELSE
        INSERT INTO quarantine_changes (waiting, expired)
        SELECT n.waiting - o.waiting, n.expired - o.expired
        FROM (SELECT count(*) FILTER (WHERE expired_at IS NULL) AS waiting, count(*) FILTER (WHERE expired_at IS NOT NULL) AS expired FROM new_rows WHERE resolved_at IS NULL) AS n,
          (SELECT count(*) FILTER (WHERE expired_at IS NULL) AS waiting, count(*) FILTER (WHERE expired_at IS NOT NULL) AS expired FROM old_rows WHERE resolved_at IS NULL) AS o
        WHERE (n.waiting, n.expired) <> (o.waiting, o.expired);
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION lowest_uuid_at(at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
      SELECT (lpad(to_hex(ceil(extract(epoch FROM greatest(at, timestamptz '1970-01-01 00:00:00+00')) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $function$;

CREATE OR REPLACE FUNCTION mark_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      NEW.changed_in := pg_current_xact_id();
      RETURN NEW;
    END $function$;

CREATE OR REPLACE FUNCTION mark_results_of_conversion()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      INSERT INTO result_marks (workspace_id, quarter_at) VALUES (NEW.workspace_id, quarter_of(NEW.occurred_at));
      IF TG_OP = 'UPDATE' AND quarter_of(OLD.occurred_at) <> quarter_of(NEW.occurred_at) THEN
        INSERT INTO result_marks (workspace_id, quarter_at) VALUES (OLD.workspace_id, quarter_of(OLD.occurred_at));
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION mark_results_of_verdicts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      INSERT INTO result_marks (workspace_id, quarter_at)
        SELECT DISTINCT c.workspace_id, quarter_of(c.clicked_at)
        FROM judged AS j JOIN clicks AS c ON c.click_id = j.subject_id
        WHERE j.subject_kind = 'click' AND j.outcome <> 'allow';
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION quarter_of(at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
      SELECT date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00')
    $function$;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $function$;

CREATE OR REPLACE FUNCTION require_payout_sum(paid uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF (SELECT p.amount_minor FROM payouts AS p WHERE p.payout_id = paid)
        IS DISTINCT FROM (SELECT sum(l.amount_minor) FROM payout_lines AS l WHERE l.payout_id = paid) THEN
        RAISE EXCEPTION 'the lines of payout % do not add up to it', paid
          USING ERRCODE = 'check_violation', CONSTRAINT = 'payouts_sum_check';
      END IF;
    END $function$;
