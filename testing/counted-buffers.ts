import { createDb, type Db } from '../db/knex';
import type { TestDb } from './test-db';

/** How many pages of tables and indexes some work touches, whatever the statements that it consists of. */
export async function countedBuffers(testDb: TestDb, work: (db: Db) => Promise<void>): Promise<number> {
  // One connection, because the server counts for each and adds up only what it was asked to.
  const db = createDb(testDb.url, { poolMax: 1, applicationName: 'counted' });
  try {
    const before = await touchedSoFar(db);
    await work(db);
    return (await touchedSoFar(db)) - before;
  } finally {
    await db.destroy();
  }
}

async function touchedSoFar(db: Db): Promise<number> {
  await db.raw('SELECT pg_stat_force_next_flush()');
  const { rows } = await db.raw<{ rows: { pages: string }[] }>(
    `SELECT CAST(sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)) AS text) AS pages
     FROM pg_statio_user_tables`,
  );
  return Number(rows[0]?.pages ?? 0);
}
