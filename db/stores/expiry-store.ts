import type { RetentionKind } from '../../domain/housekeeping/parts';
import type { Db } from '../knex';
import { dropPartitionsBefore, lowestUuidAt, partitionsOfManyDays } from '../partitions';
import { RETENTION, type Retention } from '../retention';
import { forgetPreviousSecrets } from './destination-secret-store';

/** Rows of one statement: its locks are held for milliseconds, whatever has piled up. */
export const EXPIRY_CHUNK_ROWS = 5_000;

/** Lets go one kind; whoever is called may watch how that goes, and must not throw. */
export type WatchExpiry = (kind: RetentionKind, work: () => Promise<void>) => Promise<unknown>;

/**
 * Lets go what may be kept only for a time, and old secrets; a kind that fails keeps no other from its end. Deleted in
 * pieces that commit one by one and pass over rows which somebody else is deleting, so that any number of processes may
 * do it at once. Without a watch it throws at the end, when anything failed.
 */
export async function expireKeptData(db: Db, nowMs: number, watch?: WatchExpiry): Promise<void> {
  const failures: unknown[] = [];
  const collect: WatchExpiry = (_, work) => work().catch((error: unknown) => failures.push(error));
  const attempt = watch ?? collect;
  for (const rule of RETENTION) await attempt(rule.table, () => expire(db, rule, nowMs - rule.keptMs));
  await attempt('secrets', () => forgetPreviousSecrets(db, nowMs));
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be let go');
}

async function expire(db: Db, rule: Retention, oldestMs: number): Promise<void> {
  switch (rule.by) {
    case 'day':
      await dropPartitionsBefore(db, rule.table, oldestMs);
      for (const name of await partitionsOfManyDays(db, rule.table)) {
        await deleteBelow(db, name, rule.column, lowestUuidAt(oldestMs));
      }
      return;
    case 'key':
      return deleteBelow(db, rule.table, rule.column, lowestUuidAt(oldestMs));
    case 'time':
      return deleteBelow(db, rule.table, rule.column, new Date(oldestMs));
  }
}

async function deleteBelow(db: Db, table: string, column: string, bound: string | Date): Promise<void> {
  for (;;) {
    const { rowCount } = await db.raw<{ rowCount: number }>(
      `DELETE FROM ?? WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ?? WHERE ?? < ? ORDER BY ?? LIMIT ? FOR UPDATE SKIP LOCKED))`,
      [table, table, column, bound, column, EXPIRY_CHUNK_ROWS],
    );
    if (rowCount < EXPIRY_CHUNK_ROWS) return;
  }
}
