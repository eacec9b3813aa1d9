/** What the rollups of results count, by the names of their columns. */
export const RESULT_METRICS = [
  'blocked_clicks',
  'review_clicks',
  'installs_ppm',
  'registrations_ppm',
  'deposits_ppm',
  'first_deposits_ppm',
  'deposit_minor',
  'commission_minor',
] as const;

type Replacement = {
  readonly table: 'result_quarters' | 'result_hours';
  /** What tells the rows of a workspace apart. */
  readonly key: readonly string[];
  /** The statement's common table expressions; the last one is `counted`, with the key and the metrics. */
  readonly counting: string;
  /** Which rows `r` of the table were counted anew. */
  readonly scope: string;
};

/**
 * SQL: makes some rows of a workspace's rollup what was counted. A row that says nothing new is left alone; a group that
 * is gone goes. Groups are compared as text, because only that is hashed where a part of them may be null. Binds
 * :workspace.
 */
export function replaceResultsSql({ table, key, counting, scope }: Replacement): string {
  const columns = [...key, ...RESULT_METRICS].join(', ');
  return `
    WITH ${counting}, gone AS (
      DELETE FROM ${table} AS r
      WHERE r.workspace_id = :workspace AND ${scope}
        AND NOT EXISTS (SELECT 1 FROM counted AS c WHERE ROW(${of('c', key)})::text = ROW(${of('r', key)})::text)
    )
    INSERT INTO ${table} AS r (workspace_id, ${columns})
    SELECT CAST(:workspace AS uuid), ${columns} FROM counted
    ON CONFLICT (workspace_id, ${key.join(', ')})
      DO UPDATE SET ${RESULT_METRICS.map((metric) => `${metric} = excluded.${metric}`).join(', ')}
      WHERE (${of('r', RESULT_METRICS)}) IS DISTINCT FROM (${of('excluded', RESULT_METRICS)})`;
}

function of(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}.${column}`).join(', ');
}
