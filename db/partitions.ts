import type { Db } from './knex';

export const MONTHS_AHEAD = 3;

export type MonthPartition = { name: string; fromUuid: string; toUuid: string };

/**
 * The partition of the month that lies `monthsAhead` after the one of `nowMs`. Bounds are the lowest v7 keys of
 * the first millisecond of the month and of the next one, so they are computed and never typed by hand.
 */
export function monthPartition(nowMs: number, monthsAhead: number): MonthPartition {
  const now = new Date(nowMs);
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead, 1));
  const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead + 1, 1));
  const month = `${from.getUTCFullYear()}_${String(from.getUTCMonth() + 1).padStart(2, '0')}`;
  return {
    name: `clicks_${month}`,
    fromUuid: lowestUuidAt(from.getTime()),
    toUuid: lowestUuidAt(to.getTime()),
  };
}

/** The lowest v7 key of a millisecond: rows below it are older. */
export function lowestUuidAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** Makes this month's partition and those of the next three; a month that exists is left alone. */
export async function ensureClickPartitions(db: Db, nowMs: number): Promise<void> {
  for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead += 1) {
    const { name, fromUuid, toUuid } = monthPartition(nowMs, ahead);
    await db.raw(
      `CREATE TABLE IF NOT EXISTS ?? PARTITION OF clicks FOR VALUES FROM ('${fromUuid}') TO ('${toUuid}')`,
      [name],
    );
  }
}

/** True when clicks landed outside of every month's partition: somebody must look before they pile up. */
export async function defaultPartitionHoldsClicks(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>('SELECT 1 FROM clicks_default LIMIT 1');
  return rows.length > 0;
}
