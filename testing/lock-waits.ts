import type { Db } from '../db/knex';
import { until } from './until';

/** How many sessions of this database wait for a lock with a statement that begins so. */
export async function waitingFor(db: Db, statement = ''): Promise<number> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ?`,
    [`${statement}%`],
  );
  return rows.length;
}

/** Resolves once so many sessions of this database wait for locks. */
export async function untilWaiting(db: Db, sessions: number): Promise<void> {
  await until(`${sessions} sessions to wait`, async () => (await waitingFor(db)) >= sessions);
}
