import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    CREATE TABLE destinations (
      destination_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      name text NOT NULL,
      kind text NOT NULL,
      url text NOT NULL,
      method text NOT NULL,
      events text[] NOT NULL,
      partner_id uuid REFERENCES partners,
      campaign_id uuid REFERENCES campaigns,
      secret text,
      status text NOT NULL,
      disabled_at timestamptz,
      disabled_reason text,
      created_at timestamptz NOT NULL,
      CONSTRAINT destinations_kind_check CHECK (kind IN ('partner_url', 'webhook')),
      CONSTRAINT destinations_method_check CHECK (method IN ('GET', 'POST')),
      CONSTRAINT destinations_events_check CHECK (cardinality(events) > 0),
      CONSTRAINT destinations_secret_check CHECK ((kind = 'webhook') = (secret IS NOT NULL)),
      CONSTRAINT destinations_status_check CHECK (status IN ('active', 'paused', 'disabled')),
      CONSTRAINT destinations_disabled_check CHECK (
        (status = 'disabled') = (disabled_at IS NOT NULL) AND (status = 'disabled') = (disabled_reason IS NOT NULL))
    );
    -- The destinations that a settled conversion may owe a postback.
    CREATE INDEX destinations_workspace_idx ON destinations (workspace_id, destination_id);

    -- One delivery duty. Url, method, headers and body are rendered once and never again.
    CREATE TABLE postbacks (
      postback_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      destination_id uuid NOT NULL REFERENCES destinations,
      key text NOT NULL CONSTRAINT postbacks_key_key UNIQUE,
      event_kind text NOT NULL,
      -- Of a correction: the key of the report that it corrects, and whether nothing is left of that.
      corrects text,
      is_withdrawal boolean NOT NULL DEFAULT false,
      caused_by_event_id uuid REFERENCES events,
      conversion_id uuid REFERENCES conversions,
      click_id uuid,
      player_id uuid REFERENCES players,
      method text NOT NULL,
      url text NOT NULL,
      headers jsonb NOT NULL,
      body text,
      is_test boolean NOT NULL,
      run integer NOT NULL DEFAULT 0,
      status text NOT NULL,
      created_at timestamptz NOT NULL,
      delivered_at timestamptz,
      dead_at timestamptz,
      dead_reason text,
      CONSTRAINT postbacks_status_check CHECK (status IN ('pending', 'delivered', 'dead')),
      CONSTRAINT postbacks_delivered_check CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
      CONSTRAINT postbacks_dead_check CHECK (
        (status = 'dead') = (dead_at IS NOT NULL) AND (status = 'dead') = (dead_reason IS NOT NULL)),
      CONSTRAINT postbacks_test_check CHECK (is_test = (conversion_id IS NULL)),
      CONSTRAINT postbacks_correction_check CHECK (
        (event_kind = 'correction') = (corrects IS NOT NULL) AND (corrects IS NOT NULL OR NOT is_withdrawal))
    );
    -- GET /v1/postbacks of a workspace, by status, by click; the postbacks of a conversion and of an event.
    CREATE INDEX postbacks_workspace_idx ON postbacks (workspace_id, postback_id);
    CREATE INDEX postbacks_click_idx ON postbacks (click_id) WHERE click_id IS NOT NULL;
    CREATE INDEX postbacks_conversion_idx ON postbacks (conversion_id) WHERE conversion_id IS NOT NULL;
    CREATE INDEX postbacks_event_idx ON postbacks (caused_by_event_id) WHERE caused_by_event_id IS NOT NULL;
    -- The sweep: duties that nobody seems to work on.
    CREATE INDEX postbacks_pending_idx ON postbacks (created_at) WHERE status = 'pending';

    CREATE TABLE postback_attempts (
      postback_id uuid NOT NULL REFERENCES postbacks,
      attempt_no integer NOT NULL,
      started_at timestamptz NOT NULL,
      finished_at timestamptz,
      outcome text,
      reason text,
      http_status smallint,
      latency_ms integer,
      excerpt text,
      PRIMARY KEY (postback_id, attempt_no),
      CONSTRAINT postback_attempts_outcome_check CHECK (
        (finished_at IS NULL) = (outcome IS NULL)
        AND coalesce(outcome, 'retry') IN ('delivered', 'retry', 'refused', 'disabled', 'abandoned'))
    );
  `);
}
