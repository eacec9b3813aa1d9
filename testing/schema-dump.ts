import type { Db } from '../db/knex';

/** Tables that come and go by themselves: months and days of what is partitioned, and the migration tool's own books. */
const LEFT_OUT =
  '^((clicks|impressions)_[0-9]{4}_[0-9]{2}|(click|impression)_raw_[0-9]{4}(_[0-9]{2}){2}|knex_migrations(_lock)?)$';

type TableRow = { oid: number; name: string; partition_key: string | null; partition_of: string | null };
type NamedRow = { oid: number; name: string; definition: string };

/**
 * The schema as readable SQL: tables with their columns and constraints, indexes, triggers and functions, sorted, so
 * that equal schemas give equal texts whatever order their migrations ran in. Read from the catalogue, because no
 * dump program comes with the embedded server.
 */
export async function dumpSchema(db: Db): Promise<string> {
  const functions = await select<NamedRow>(db, FUNCTIONS);
  const tables = await select<TableRow>(db, TABLES);
  const columns = await select<NamedRow>(db, COLUMNS);
  const constraints = await select<NamedRow>(db, CONSTRAINTS);
  const indexes = await select<NamedRow>(db, INDEXES);
  const triggers = await select<NamedRow>(db, TRIGGERS);
  const sections = tables.map((table) => {
    const own = (rows: readonly NamedRow[]) => rows.filter((row) => row.oid === table.oid);
    const lines = [...own(columns), ...own(constraints)].map((row) => `  ${row.definition}`);
    const statements = [...own(indexes), ...own(triggers)].map((row) => `${row.definition};`);
    return [createTable(table, lines), ...statements].join('\n');
  });
  const bodies = functions.map((row) => `${row.definition.trimEnd()};`);
  return `${[...sections, ...bodies].join('\n\n')}\n`.replaceAll(/\bpublic\./g, '');
}

function createTable(table: TableRow, lines: readonly string[]): string {
  if (table.partition_of !== null) return `CREATE TABLE ${table.name} ${table.partition_of};`;
  const partitioning = table.partition_key === null ? '' : ` PARTITION BY ${table.partition_key}`;
  return `CREATE TABLE ${table.name} (\n${lines.join(',\n')}\n)${partitioning};`;
}

async function select<Row>(db: Db, sql: string): Promise<Row[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(sql, { leftOut: LEFT_OUT });
  return rows;
}

const OWN_TABLES = `t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND t.relname !~ :leftOut`;

const TABLES = `
  SELECT t.oid, t.relname AS name, pg_get_partkeydef(t.oid) AS partition_key,
         'PARTITION OF ' || i.inhparent::regclass || ' ' || pg_get_expr(t.relpartbound, t.oid) AS partition_of
  FROM pg_class AS t LEFT JOIN pg_inherits AS i ON i.inhrelid = t.oid
  WHERE ${OWN_TABLES} ORDER BY t.relname`;

const COLUMNS = `
  SELECT t.oid, a.attname AS name,
         a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
           || CASE WHEN d.oid IS NULL THEN '' ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS definition
  FROM pg_class AS t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
  WHERE ${OWN_TABLES} ORDER BY t.relname, a.attnum`;

// NOT NULL is told with its column: only some versions of Postgres keep it as a constraint. 't' is a trigger.
const CONSTRAINTS = `
  SELECT t.oid, c.conname AS name, 'CONSTRAINT ' || c.conname || ' ' || pg_get_constraintdef(c.oid, true) AS definition
  FROM pg_class AS t JOIN pg_constraint AS c ON c.conrelid = t.oid
  WHERE ${OWN_TABLES} AND c.contype NOT IN ('n', 't')
  ORDER BY t.relname, array_position(ARRAY['p', 'u', 'f', 'c']::"char"[], c.contype), c.conname`;

const INDEXES = `
  SELECT t.oid, x.relname AS name, coalesce('-- ' || obj_description(x.oid, 'pg_class') || E'\\n', '')
           || replace(pg_get_indexdef(x.oid), ' ON ONLY ', ' ON ') AS definition
  FROM pg_class AS t
  JOIN pg_index AS i ON i.indrelid = t.oid
  JOIN pg_class AS x ON x.oid = i.indexrelid
  WHERE ${OWN_TABLES} AND NOT t.relispartition
    AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = x.oid AND c.contype IN ('p', 'u'))
  ORDER BY t.relname, x.relname`;

const TRIGGERS = `
  SELECT t.oid, g.tgname AS name, pg_get_triggerdef(g.oid) AS definition
  FROM pg_class AS t JOIN pg_trigger AS g ON g.tgrelid = t.oid
  WHERE ${OWN_TABLES} AND NOT g.tgisinternal ORDER BY t.relname, g.tgname`;

const FUNCTIONS = `
  SELECT p.oid, p.proname AS name, pg_get_functiondef(p.oid) AS definition
  FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace ORDER BY p.proname`;
