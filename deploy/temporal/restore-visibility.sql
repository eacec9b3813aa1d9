-- Makes the indexes again that prune-visibility.sql dropped. Each is built without stopping writers; on a large table
-- that takes its time, and a run that was interrupted may simply be repeated.
--
--   docker compose exec -T temporal-postgres psql -U temporal -d temporal_visibility < deploy/temporal/restore-visibility.sql
\set ON_ERROR_STOP on

-- An interrupted build leaves an index that is never used; only its name is in the way.
SELECT format('DROP INDEX CONCURRENTLY %I', pruned.name)
FROM pruned_indexes AS pruned
JOIN pg_class AS made ON made.oid = to_regclass(quote_ident(pruned.name))
JOIN pg_index AS state ON state.indexrelid = made.oid AND NOT state.indisvalid
\gexec

SELECT regexp_replace(definition, '^CREATE (UNIQUE )?INDEX ', 'CREATE \1INDEX CONCURRENTLY IF NOT EXISTS ')
FROM pruned_indexes ORDER BY name
\gexec

DROP TABLE pruned_indexes;
