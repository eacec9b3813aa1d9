import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Partitioned by month on the v7 key, like clicks.
    CREATE TABLE impressions (
      impression_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      campaign_id uuid NOT NULL,
      campaign_version integer NOT NULL,
      offer_id uuid NOT NULL,
      partner_id uuid REFERENCES partners,
      partner_reason text,
      visitor_id uuid NOT NULL,
      shown_at timestamptz NOT NULL,
      -- Only a viewable impression is a touch; a picture alone proves no more than that it was loaded.
      viewable_at timestamptz,
      external_id text,
      subs jsonb NOT NULL,
      FOREIGN KEY (campaign_id, campaign_version) REFERENCES campaign_versions (campaign_id, version),
      CONSTRAINT impressions_viewable_check CHECK (viewable_at >= shown_at)
    ) PARTITION BY RANGE (impression_id);
    -- What a visitor has seen before a conversion, latest first.
    CREATE INDEX impressions_visitor_idx ON impressions (visitor_id, impression_id);
    -- Catches impressions of a month without a partition; readiness warns when it holds any.
    CREATE TABLE impressions_default PARTITION OF impressions DEFAULT;

    -- Personal data of an impression, kept apart so that it can expire and be erased while the fact stays.
    CREATE TABLE impression_raw (
      impression_id uuid PRIMARY KEY,
      ip inet,
      user_agent text,
      referrer text,
      query text NOT NULL
    );
  `);
}
