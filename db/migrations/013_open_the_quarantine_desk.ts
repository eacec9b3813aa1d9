import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- What a sender's own word means, as an operator has said. A mapping is retired, never changed: what was
    -- translated by it stays explained.
    CREATE TABLE status_mappings (
      mapping_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      source_id uuid NOT NULL REFERENCES sources,
      -- As it is compared: without case, blanks, underscores and hyphens.
      word text NOT NULL,
      kind text,
      status text,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      retired_at timestamptz,
      CONSTRAINT status_mappings_meaning_check CHECK (kind IS NOT NULL OR status IS NOT NULL),
      CONSTRAINT status_mappings_kind_check CHECK (kind IN (
        'install', 'lead', 'registration', 'sale', 'deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion')),
      CONSTRAINT status_mappings_status_check CHECK (
        status IS NULL
        OR (status IN ('pending', 'failed', 'confirmed', 'reversed') AND coalesce(kind, 'deposit') IN ('deposit', 'withdrawal')))
    );
    -- A word means one thing at a time.
    CREATE UNIQUE INDEX status_mappings_word_key ON status_mappings (source_id, word) WHERE retired_at IS NULL;
    -- The list of a workspace's mappings.
    CREATE INDEX status_mappings_workspace_idx ON status_mappings (workspace_id, mapping_id);

    -- Reports that have no kind, or no status, yet, because nobody has said what a word of theirs means. Kept for good,
    -- like the inbox: a repeat years later is one.
    CREATE TABLE unmapped_reports (
      -- Becomes the id of the event.
      report_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      source_id uuid NOT NULL REFERENCES sources,
      trust text NOT NULL,
      report_key text NOT NULL,
      body_hash bytea NOT NULL,
      sender_event_id text NOT NULL,
      -- What its known words say.
      kind text,
      status text,
      event_word text,
      status_word text,
      -- What it says otherwise, under our names, checked and without personal data.
      fields jsonb NOT NULL,
      unknown_fields integer NOT NULL,
      received_at timestamptz NOT NULL,
      -- The mappings under which it was tried last, and what kept it from being an event.
      tried_mappings uuid[] NOT NULL DEFAULT '{}',
      problem text,
      resolved_at timestamptz,
      resolved_by text,
      -- Of a repeat it is the event that was there before.
      event_id uuid REFERENCES inbox,
      CONSTRAINT unmapped_reports_report_key_key UNIQUE (workspace_id, brand_id, report_key),
      CONSTRAINT unmapped_reports_trust_check CHECK (trust IN ('signed', 'keyed', 'public')),
      CONSTRAINT unmapped_reports_kind_check CHECK ((kind IS NULL) = (event_word IS NOT NULL)),
      CONSTRAINT unmapped_reports_word_check CHECK (event_word IS NOT NULL OR status_word IS NOT NULL),
      CONSTRAINT unmapped_reports_status_check CHECK (status IS NULL OR status_word IS NULL),
      CONSTRAINT unmapped_reports_public_names_no_player_check CHECK (
        trust <> 'public' OR NOT jsonb_exists(fields, 'playerId')),
      CONSTRAINT unmapped_reports_resolved_check CHECK (
        (resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (event_id IS NULL))
    );
    -- The desk: what still waits, oldest first.
    CREATE INDEX unmapped_reports_waiting_idx ON unmapped_reports (workspace_id, report_id) WHERE resolved_at IS NULL;
    -- A mapping: what waits for its word where an event is named, and where a status is.
    CREATE INDEX unmapped_reports_event_word_idx ON unmapped_reports (source_id, event_word, report_id)
      WHERE resolved_at IS NULL AND event_word IS NOT NULL;
    CREATE INDEX unmapped_reports_status_word_idx ON unmapped_reports (source_id, status_word, report_id)
      WHERE resolved_at IS NULL AND status_word IS NOT NULL;

    -- The report as sent; kept apart so that it can expire.
    CREATE TABLE unmapped_report_raw (
      report_id uuid PRIMARY KEY REFERENCES unmapped_reports,
      body jsonb NOT NULL,
      ip inet,
      user_agent text
    );

    -- By which field of an event, and of a click, the two may be known as one; null source: events of every source.
    CREATE TABLE quarantine_rules (
      rule_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      source_id uuid REFERENCES sources,
      name text NOT NULL,
      event_field text NOT NULL,
      event_attribute text,
      click_field text NOT NULL,
      click_key text,
      is_enabled boolean NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT quarantine_rules_event_field_check CHECK (
        event_field IN ('click_ref', 'transaction_id', 'player_id', 'attribute')
        AND (event_field = 'attribute') = (event_attribute IS NOT NULL)),
      CONSTRAINT quarantine_rules_click_field_check CHECK (
        click_field IN ('external_id', 'sub', 'ad_id') AND (click_field = 'external_id') = (click_key IS NULL))
    );
    -- The list of a workspace's rules, and the question of every arriving event whether there is one.
    CREATE INDEX quarantine_rules_workspace_idx ON quarantine_rules (workspace_id, rule_id);

    ALTER TABLE quarantine
      -- When rules were tried on it last, when they may be again, and how many clicks they found then.
      ADD COLUMN rules_tried_at timestamptz,
      ADD COLUMN rules_due_at timestamptz,
      ADD COLUMN rules_found integer,
      ADD CONSTRAINT quarantine_rules_tried_check CHECK (
        (rules_tried_at IS NULL) = (rules_due_at IS NULL)
        AND (rules_found IS NULL OR (rules_found >= 0 AND rules_tried_at IS NOT NULL)));
    -- The sweep: what waits, and was tried under rules longest ago.
    CREATE INDEX quarantine_rules_due_idx ON quarantine (rules_tried_at NULLS FIRST) WHERE released_at IS NULL;

    -- Matching by rule: clicks of a workspace with this external id. Hashed, because a long id would not fit a B-tree.
    CREATE INDEX clicks_external_id_idx ON clicks (workspace_id, hashtextextended(external_id, 0), click_id)
      WHERE external_id IS NOT NULL;
    -- Matching by rule: clicks with this sub, and with this ad id. Without a pending list, which some click would
    -- have to flush.
    CREATE INDEX clicks_subs_idx ON clicks USING gin (subs jsonb_path_ops) WITH (fastupdate = off)
      WHERE subs <> '{}';
    CREATE INDEX clicks_ad_ids_idx ON clicks USING gin (ad_ids jsonb_path_ops) WITH (fastupdate = off)
      WHERE ad_ids <> '{}';
  `);
}
