import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Whoever has not asked for them is told of no conversions that a stranger may have made up, not even a destination
    -- that was told until now: it could not tell them from proven ones.
    ALTER TABLE destinations ADD COLUMN accepts_public boolean NOT NULL DEFAULT false;

    -- A slug is its workspace's. The short link /c/{slug}, which names no workspace, stays with the campaigns that have
    -- it; of new ones only the first workspace's get one. True for processes of before, which know of no other link.
    ALTER TABLE campaigns
      ADD COLUMN has_short_link boolean NOT NULL DEFAULT true,
      DROP CONSTRAINT campaigns_slug_key,
      ADD CONSTRAINT campaigns_slug_key UNIQUE (workspace_id, slug);
    -- The click path: what a short link means
    CREATE UNIQUE INDEX campaigns_short_link_key ON campaigns (slug) WHERE has_short_link;
    COMMENT ON INDEX campaigns_short_link_key IS 'The click path: what a short link means';

    -- Hosts on which every link is of one workspace. Given by whoever runs the instance, so nobody can take another's.
    CREATE TABLE workspace_hosts (
      host text PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      created_at timestamptz NOT NULL,
      CONSTRAINT workspace_hosts_host_check CHECK (host = lower(host) AND host ~ '^[^/:@[:space:]]{1,253}$')
    );
    CREATE INDEX workspace_hosts_workspace_idx ON workspace_hosts (workspace_id, host);
    COMMENT ON INDEX workspace_hosts_workspace_idx IS 'GET /v1/campaigns: the host of the links of a workspace';
    CREATE TRIGGER workspace_hosts_announce AFTER INSERT OR UPDATE OR DELETE ON workspace_hosts
      FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog_change();
  `);
}
