import { setTimeout as delay } from 'node:timers/promises';
import { createSingleSession, type Db } from './knex';
import type { TellMigration } from './migration-news';

const POLL_MS = 100;

export type MigrationTurn = {
  readonly databaseUrl: string;
  readonly lockTimeoutMs: number;
  readonly ifBusy: 'wait' | 'leave';
  readonly tell: TellMigration;
  readonly signal: AbortSignal | undefined;
};

/**
 * Runs `work` on the one session that may migrate the database. Its advisory lock and its statements share their
 * connection, so that nobody else can begin while a statement of it runs, not even after this process has ended: a
 * lock on a connection of its own could be lost in the hours of a long migration without anybody noticing.
 */
export async function withMigrationSession(
  turn: MigrationTurn,
  work: (db: Db) => Promise<void>,
): Promise<void> {
  const { signal } = turn;
  signal?.throwIfAborted();
  const { db, cut } = createSingleSession(turn.databaseUrl, {
    applicationName: 'clickchain-migrate',
    lockTimeoutMs: turn.lockTimeoutMs,
  });
  signal?.addEventListener('abort', cut, { once: true });
  try {
    if (await takeTurn(db, turn)) await work(db);
  } finally {
    signal?.removeEventListener('abort', cut);
    await db.destroy();
  }
}

/**
 * The lock is polled with try-lock: a session that blocks inside pg_advisory_lock() holds a snapshot, for which a
 * CREATE INDEX CONCURRENTLY of the one that migrates would wait for ever.
 */
async function takeTurn(db: Db, { ifBusy, tell, signal }: MigrationTurn): Promise<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    const { rows } = await db.raw<{ rows: { locked: boolean }[] }>(
      `SELECT pg_try_advisory_lock(hashtext('clickchain:migrate')) AS locked`,
    );
    if (rows[0]?.locked === true) return true;
    if (ifBusy === 'leave') return false;
    if (isFirst) tell({ what: 'waits_for_turn' });
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
