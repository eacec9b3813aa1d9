import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from './knex';

const POLL_MS = 100;

type ConnectionPool = {
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
};

/**
 * Runs `work` while this process alone holds the named lock of the database; waits its turn. The lock is polled
 * with try-lock: a session that blocks inside pg_advisory_lock() holds a snapshot, which would hang a concurrent
 * CREATE INDEX CONCURRENTLY for ever.
 */
export async function withAdvisoryLock<T>(db: Db, name: string, work: () => Promise<T>): Promise<T> {
  // Knex types its driver as any; these two methods are its documented way to a connection of one's own.
  const pool = db.client as ConnectionPool;
  const connection = await pool.acquireConnection();
  try {
    while (!(await tryLock(db, connection, name))) await delay(POLL_MS);
    try {
      return await work();
    } finally {
      await db.raw('SELECT pg_advisory_unlock(hashtext(?))', [`clickchain:${name}`]).connection(connection);
    }
  } finally {
    await pool.releaseConnection(connection);
  }
}

async function tryLock(db: Db, connection: unknown, name: string): Promise<boolean> {
  const { rows } = await db
    .raw<{ rows: { locked: boolean }[] }>('SELECT pg_try_advisory_lock(hashtext(?)) AS locked', [
      `clickchain:${name}`,
    ])
    .connection(connection);
  return rows[0]?.locked === true;
}
