-- Optional: drops the visibility indexes that no filter of Clickchain uses. A journey's row then costs a quarter of the
-- disk and of the write-ahead log. Listing by what is kept (id, type, status, the first six keyword attributes, reported
-- problems, change version) is as fast as before; other filters scan. What is dropped is kept as text, so that
-- restore-visibility.sql can make it again. Upgrades of the schema may bring indexes: run this once more after them.
--
--   docker compose exec -T temporal-postgres psql -U temporal -d temporal_visibility < deploy/temporal/prune-visibility.sql
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;

CREATE TABLE IF NOT EXISTS pruned_indexes (
  name text PRIMARY KEY,
  definition text NOT NULL,
  pruned_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO pruned_indexes (name, definition)
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = 'executions_visibility'
  AND indexname NOT IN (
    'executions_visibility_pkey', 'default_idx',
    'by_workflow_id', 'by_workflow_type', 'by_status',
    'by_keyword_01', 'by_keyword_02', 'by_keyword_03', 'by_keyword_04', 'by_keyword_05', 'by_keyword_06',
    'by_temporal_reported_problems', 'by_temporal_change_version'
  )
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, pruned_at = excluded.pruned_at;

DO $$
DECLARE pruned record;
BEGIN
  -- Waits for nobody: while the server writes, a lock is free within moments, and a queue behind it would stop journeys.
  SET LOCAL lock_timeout = '5s';
  FOR pruned IN SELECT name FROM pruned_indexes LOOP
    EXECUTE format('DROP INDEX IF EXISTS %I', pruned.name);
  END LOOP;
END $$;

COMMIT;
