import { Client } from 'pg';

/** What one statement looked at: pages of 8 kB, in memory or not, and rows, those that it threw away included. */
export type PlanCost = { readonly buffers: number; readonly rows: number };

type Plan = {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
};

/** A statement as it was sent, with what was bound. */
export type SentStatement = { readonly sql: string; readonly bindings: readonly unknown[] };

/** Runs statements again and adds up what they looked at. */
export async function costOf(databaseUrl: string, statements: readonly SentStatement[]): Promise<PlanCost> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    let [buffers, rows] = [0, 0];
    for (const { sql, bindings } of statements) {
      const answer = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
        [...bindings],
      );
      const plan = answer.rows[0]?.['QUERY PLAN'][0].Plan;
      if (plan === undefined) throw new Error(`no plan of ${sql}`);
      buffers += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
      rows += rowsOf(plan);
    }
    return { buffers, rows };
  } finally {
    await client.end();
  }
}

function rowsOf(plan: Plan): number {
  const removed =
    (plan['Rows Removed by Filter'] ?? 0) +
    (plan['Rows Removed by Join Filter'] ?? 0) +
    (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = (plan['Actual Rows'] + removed) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), own);
}
