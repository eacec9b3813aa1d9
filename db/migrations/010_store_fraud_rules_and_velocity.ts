import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- How a workspace has set its fraud rules, version by version; version 1 is what it is born with and not stored.
    -- What is judged is judged by the version of its own time, so a version is written once and never backdated.
    CREATE TABLE fraud_rule_sets (
      workspace_id uuid NOT NULL REFERENCES workspaces,
      version integer NOT NULL,
      rules jsonb NOT NULL,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (workspace_id, version),
      CONSTRAINT fraud_rule_sets_version_check CHECK (version >= 2),
      CONSTRAINT fraud_rule_sets_rules_check CHECK (jsonb_typeof(rules) = 'object')
    );
    CREATE TRIGGER fraud_rule_sets_append_only BEFORE UPDATE OR DELETE ON fraud_rule_sets
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER fraud_rule_sets_no_truncate BEFORE TRUNCATE ON fraud_rule_sets
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

    -- Addresses are counted under a hash that only this workspace can make: the counters hold no personal data that
    -- could be read back, and say nothing about another workspace's visitors.
    ALTER TABLE workspaces ADD COLUMN velocity_salt bytea NOT NULL
      DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

    -- Who was counted under a key in which minute of their own time. A row per subject and not a number, so that a
    -- repeat counts nothing and no two writers wait for one counter.
    CREATE TABLE velocity_hits (
      workspace_id uuid NOT NULL REFERENCES workspaces,
      counter_key bytea NOT NULL,
      minute_at timestamptz NOT NULL,
      hit_at timestamptz NOT NULL,
      subject_id uuid NOT NULL,
      PRIMARY KEY (workspace_id, counter_key, minute_at, hit_at, subject_id),
      CONSTRAINT velocity_hits_minute_check CHECK (hit_at >= minute_at AND hit_at < minute_at + interval '1 minute')
    );
    -- The sweep: minutes that nobody asks about any more.
    CREATE INDEX velocity_hits_minute_idx ON velocity_hits (minute_at);

    -- In which countries a campaign may convert; null: everywhere.
    ALTER TABLE campaign_versions
      ADD COLUMN country_mode text,
      ADD COLUMN countries text[],
      ADD CONSTRAINT campaign_versions_country_mode_check CHECK (country_mode IN ('allow', 'deny')),
      ADD CONSTRAINT campaign_versions_countries_check CHECK (
        (country_mode IS NULL) = (countries IS NULL) AND coalesce(cardinality(countries), 1) > 0);
  `);
}
