import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    CREATE TABLE visitors (
      visitor_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      first_seen_at timestamptz NOT NULL
    );

    -- Partitioned on the v7 key itself: the time is inside the key, so the primary key stays global.
    CREATE TABLE clicks (
      click_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      campaign_id uuid NOT NULL,
      campaign_version integer NOT NULL,
      offer_id uuid NOT NULL,
      partner_id uuid REFERENCES partners,
      partner_reason text,
      visitor_id uuid NOT NULL,
      clicked_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      external_id text,
      subs jsonb NOT NULL,
      ad_ids jsonb NOT NULL,
      utm jsonb NOT NULL,
      closed_at timestamptz,
      FOREIGN KEY (campaign_id, campaign_version) REFERENCES campaign_versions (campaign_id, version),
      CONSTRAINT clicks_window_check CHECK (expires_at > clicked_at)
    ) PARTITION BY RANGE (click_id);
    -- The verdict rule "same visitor and campaign within two seconds".
    CREATE INDEX clicks_visitor_idx ON clicks (visitor_id, campaign_id, click_id);
    -- Catches clicks of a month without a partition; readiness warns when it holds any.
    CREATE TABLE clicks_default PARTITION OF clicks DEFAULT;

    -- Personal data of a click, kept apart so that it can expire and be erased while the fact stays.
    CREATE TABLE click_raw (
      click_id uuid PRIMARY KEY,
      ip inet,
      user_agent text,
      referrer text,
      query text NOT NULL
    );
  `);
}
