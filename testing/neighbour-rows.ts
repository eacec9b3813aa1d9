import type { Db } from '../db/knex';
import { uuidFromId, type WorkspaceId } from '../domain/ids';

/** Books of the migrations. */
const LEFT_OUT = ['knex_migrations', 'knex_migrations_lock'];
/** What a copy must not have, because there may be only one of it. */
const OVERRIDES: Readonly<Record<string, object>> = {
  brands: { is_default: false },
  sources: { kind: 'gaming' },
};

type Column = { readonly name: string; readonly type: string };
type Table = {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keys: readonly string[][];
};

/**
 * Copies the latest row of every table many times, of a workspace where the table knows workspaces, as if it had so much
 * of everything; says of which. What must be unique is varied; what a copy refers to need not exist, because nobody is
 * going to read it. Of what a workspace has once there are no copies.
 */
export async function multiplyRows(db: Db, workspaceId: WorkspaceId, copies: number): Promise<string[]> {
  const multiplied: string[] = [];
  await db.transaction(async (trx) => {
    await trx.raw(`SET LOCAL session_replication_role = 'replica'`);
    for (const table of await readTables(trx)) {
      const changes = changesOf(table);
      if (changes !== null && (await multiply(trx, table, changes, { workspaceId, copies })))
        multiplied.push(table.name);
    }
  });
  await db.raw('ANALYZE');
  return multiplied;
}

/** SQL: what a copy has of its own; null when there can be no copy. */
function changesOf({ name, columns, keys }: Table): string | null {
  // All references, too: nothing is the only one of its kind to which thousands of rows belong.
  const references = columns.filter(({ name: column, type }) => type === 'uuid' && column !== 'workspace_id');
  const varied = new Map(references.map((column) => [column.name, variedSql(column)]));
  for (const key of keys) {
    if (key.some((column) => varied.has(column))) continue;
    const [column] = columns
      .filter((one) => key.includes(one.name) && one.name !== 'workspace_id' && PREFERRED.includes(one.type))
      .sort((a, b) => PREFERRED.indexOf(a.type) - PREFERRED.indexOf(b.type));
    if (column !== undefined) varied.set(column.name, variedSql(column));
    else if (OVERRIDES[name] === undefined) return null;
  }
  return [...varied].map(([column, sql]) => `'${column}', ${sql}`).join(', ');
}

async function multiply(
  trx: Db,
  { name, columns }: Table,
  changes: string,
  { workspaceId, copies }: { readonly workspaceId: WorkspaceId; readonly copies: number },
): Promise<boolean> {
  const isOfWorkspace = columns.some((column) => column.name === 'workspace_id');
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `INSERT INTO ${name} OVERRIDING SYSTEM VALUE
     SELECT made.* FROM (
       SELECT t AS one FROM ${name} AS t WHERE ${isOfWorkspace ? 'workspace_id = :workspace' : ':workspace <> gen_random_uuid()'}
       ORDER BY tableoid, ctid DESC LIMIT 1
     ) AS latest
     CROSS JOIN generate_series(1, CAST(:copies AS bigint)) AS n
     CROSS JOIN LATERAL jsonb_populate_record(latest.one,
       jsonb_build_object(${changes}) || CAST(:overrides AS jsonb)) AS made`,
    { workspace: uuidFromId(workspaceId), copies, overrides: JSON.stringify(OVERRIDES[name] ?? {}) },
  );
  return rowCount > 0;
}

const PREFERRED = ['uuid', 'text', 'timestamp with time zone', 'bigint', 'integer', 'date', 'bytea'];

/** SQL: the n-th variation of a column of the latest row. The time in a key stays what it is. */
function variedSql({ name, type }: Column): string {
  const value = `(latest.one).${name}`;
  switch (type) {
    case 'uuid':
      return `left(${value}::text, 14) || '7' || substr(md5('${name}' || n), 1, 3) || '-8' || substr(md5('${name}' || n), 4, 3) || '-' || substr(md5('${name}' || n), 7, 12)`;
    case 'text':
      return `${value} || '-' || n`;
    case 'timestamp with time zone':
      return `${value} - n * interval '1 minute'`;
    case 'bytea':
      return `'\\x' || md5('${name}' || n)`;
    default:
      return `${value} + n`;
  }
}

async function readTables(db: Db): Promise<Table[]> {
  const { rows } = await db.raw<{ rows: Table[] }>(
    `SELECT t.relname AS name,
       (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)))
         FROM pg_attribute AS a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       coalesce((SELECT jsonb_agg((SELECT jsonb_agg(a.attname) FROM pg_attribute AS a
           WHERE a.attrelid = t.oid AND a.attnum = ANY(i.indkey)))
         FROM pg_index AS i WHERE i.indrelid = t.oid AND i.indisunique), '[]') AS keys
     FROM pg_class AS t
     WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
       AND NOT t.relname = ANY(?) ORDER BY t.relname`,
    [LEFT_OUT],
  );
  return rows;
}
