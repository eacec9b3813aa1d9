import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`
    CREATE TABLE workspaces (
      workspace_id uuid PRIMARY KEY,
      name text NOT NULL UNIQUE,
      created_at timestamptz NOT NULL
    );

    CREATE TABLE brands (
      brand_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      name text NOT NULL,
      is_default boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL,
      CONSTRAINT brands_name_key UNIQUE (workspace_id, name)
    );
    -- Every workspace has one brand for the sources that name none.
    CREATE UNIQUE INDEX brands_one_default_idx ON brands (workspace_id) WHERE is_default;

    CREATE TABLE sources (
      source_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      brand_id uuid NOT NULL REFERENCES brands,
      name text NOT NULL,
      kind text NOT NULL,
      secret text,
      created_at timestamptz NOT NULL,
      CONSTRAINT sources_kind_check CHECK (kind IN ('api', 'gaming')),
      -- A signing secret can only be checked if it is kept; the built-in source of unbound keys has none.
      CONSTRAINT sources_secret_check CHECK ((kind = 'api') = (secret IS NULL))
    );
    CREATE UNIQUE INDEX sources_one_builtin_idx ON sources (workspace_id) WHERE kind = 'api';
    -- Lists the sources of a workspace, newest last.
    CREATE INDEX sources_workspace_idx ON sources (workspace_id, source_id);

    CREATE TABLE api_keys (
      key_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      source_id uuid REFERENCES sources,
      name text NOT NULL,
      key_hash bytea NOT NULL CONSTRAINT api_keys_key_hash_key UNIQUE,
      scopes text[] NOT NULL,
      created_at timestamptz NOT NULL,
      revoked_at timestamptz,
      CONSTRAINT api_keys_scopes_check CHECK (
        cardinality(scopes) > 0 AND scopes <@ ARRAY['admin', 'setup:write', 'events:write', 'read'])
    );
    -- Lists the keys of a workspace.
    CREATE INDEX api_keys_workspace_idx ON api_keys (workspace_id, key_id);

    CREATE TABLE idempotency_keys (
      key_id uuid NOT NULL REFERENCES api_keys,
      route text NOT NULL,
      idempotency_key text NOT NULL,
      body_hash bytea NOT NULL,
      response_status smallint NOT NULL,
      response_body jsonb NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (key_id, route, idempotency_key)
    );
    -- Finds the answers that are older than a day and may go.
    CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$;

    CREATE TABLE audit (
      audit_id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces,
      at timestamptz NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      cause text NOT NULL,
      detail jsonb NOT NULL DEFAULT '{}'
    );
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    -- The history of one thing, oldest first.
    CREATE INDEX audit_subject_idx ON audit (workspace_id, subject, audit_id);
  `);
}
