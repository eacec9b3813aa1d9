import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    CREATE TABLE offers (
      offer_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      name text NOT NULL,
      landing_url text NOT NULL,
      fallback_url text,
      created_at timestamptz NOT NULL
    );
    CREATE INDEX offers_workspace_idx ON offers (workspace_id, offer_id);

    CREATE TABLE partners (
      partner_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      name text NOT NULL,
      code text NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT partners_code_key UNIQUE (workspace_id, code)
    );
    CREATE INDEX partners_workspace_idx ON partners (workspace_id, partner_id);

    -- Versions of commission terms. A row never changes: players stay on the version they bound under.
    CREATE TABLE deals (
      deal_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      partner_id uuid NOT NULL REFERENCES partners,
      version integer NOT NULL,
      kind text NOT NULL,
      cpa_minor bigint NOT NULL,
      cpa_currency text NOT NULL,
      min_deposit_minor bigint,
      min_deposit_currency text,
      valid_from timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT deals_version_key UNIQUE (partner_id, version),
      CONSTRAINT deals_kind_check CHECK (kind IN ('cpa')),
      CONSTRAINT deals_cpa_check CHECK (cpa_minor > 0),
      CONSTRAINT deals_min_deposit_check CHECK (
        (min_deposit_minor IS NULL) = (min_deposit_currency IS NULL) AND coalesce(min_deposit_minor, 1) > 0)
    );
    CREATE TRIGGER deals_append_only BEFORE UPDATE OR DELETE ON deals
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER deals_no_truncate BEFORE TRUNCATE ON deals
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    CREATE TABLE campaigns (
      campaign_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      -- Unique per instance, because the click link names nothing but the slug.
      slug text NOT NULL CONSTRAINT campaigns_slug_key UNIQUE,
      current_version integer NOT NULL,
      created_at timestamptz NOT NULL
    );
    CREATE INDEX campaigns_workspace_idx ON campaigns (workspace_id, campaign_id);

    -- What a campaign said at a time. A click keeps the version it was made under.
    CREATE TABLE campaign_versions (
      campaign_id uuid NOT NULL REFERENCES campaigns,
      version integer NOT NULL,
      name text NOT NULL,
      offer_id uuid NOT NULL REFERENCES offers,
      partner_id uuid REFERENCES partners,
      attribution_model text NOT NULL,
      click_window_days integer NOT NULL,
      on_outage text NOT NULL,
      status text NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (campaign_id, version),
      CONSTRAINT campaign_versions_model_check CHECK (attribution_model IN ('last_touch')),
      CONSTRAINT campaign_versions_window_check CHECK (click_window_days BETWEEN 1 AND 90),
      CONSTRAINT campaign_versions_on_outage_check CHECK (on_outage IN ('refuse', 'landing')),
      CONSTRAINT campaign_versions_status_check CHECK (status IN ('active', 'paused'))
    );
    CREATE TRIGGER campaign_versions_append_only BEFORE UPDATE OR DELETE ON campaign_versions
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER campaign_versions_no_truncate BEFORE TRUNCATE ON campaign_versions
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- Wakes the campaign caches of every API process; the click path itself never reads these tables.
    CREATE FUNCTION announce_catalog_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('catalog_changed', '');
      RETURN NULL;
    END $$;
    CREATE TRIGGER campaigns_announce AFTER INSERT OR UPDATE ON campaigns
      FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
    CREATE TRIGGER campaign_versions_announce AFTER INSERT ON campaign_versions
      FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
    CREATE TRIGGER offers_announce AFTER INSERT OR UPDATE ON offers
      FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
    CREATE TRIGGER partners_announce AFTER INSERT OR UPDATE ON partners
      FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
  `);
}
