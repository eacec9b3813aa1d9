import type { Db } from '../../db/knex';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';

/** What a database holds, per table, as hashes: of all rows, and of those that carry a workspace's id. */
export type Fingerprint = {
  readonly all: Readonly<Record<string, string>>;
  readonly ofWorkspace: Readonly<Record<string, string>>;
};

type Table = { readonly name: string; readonly hasWorkspace: boolean };

/** Makes fingerprints of one database in one statement each, cheap enough to take around every request of a test. */
export async function fingerprinter(db: Db): Promise<(workspaceId: WorkspaceId) => Promise<Fingerprint>> {
  const { rows: tables } = await db.raw<{ rows: Table[] }>(
    `SELECT c.relname AS name,
            EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id') AS "hasWorkspace"
     FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY c.relname`,
  );
  const statement = tables.map(hashOf).join(' UNION ALL ');
  return async (workspaceId) => {
    const { rows } = await db.raw<{ rows: { name: string; all_rows: string; of_workspace: string }[] }>(
      statement.replaceAll('$workspace', `'${uuidFromId(workspaceId)}'`),
    );
    return {
      all: Object.fromEntries(rows.map((row) => [row.name, row.all_rows])),
      ofWorkspace: Object.fromEntries(rows.map((row) => [row.name, row.of_workspace])),
    };
  };
}

function hashOf({ name, hasWorkspace }: Table): string {
  const hash = "count(*) || ':' || md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), ''))";
  const mine = hasWorkspace
    ? `(SELECT ${hash} FROM ${name} t WHERE workspace_id = $workspace)`
    : "'no workspace'";
  return `SELECT '${name}' AS name, (SELECT ${hash} FROM ${name} t) AS all_rows, ${mine} AS of_workspace`;
}
