import type { Db } from './knex';

const MONTHS_AHEAD = 3;

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
    const month = monthPartition(nowMs, ahead);
    if (await exists(db, month)) continue;
    await db.transaction(async (trx) => {
      await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('clickchain:partitions'))`);
      if (!(await exists(trx, month))) await makePartition(trx, month);
    });
  }
}

async function exists(db: Db, { name }: MonthPartition): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?`,
    [name],
  );
  return rows.length > 0;
}

/**
 * Made aside and attached with the clicks of its month that the default partition has caught: Postgres refuses a
 * partition whose rows lie in the default one, and one stray click would keep an instance from booting.
 */
async function makePartition(trx: Db, { name, fromUuid, toUuid }: MonthPartition): Promise<void> {
  await trx.raw('LOCK TABLE clicks_default IN ACCESS EXCLUSIVE MODE');
  await trx.raw('CREATE TABLE ?? (LIKE clicks INCLUDING ALL)', [name]);
  await trx.raw(
    `WITH caught AS (DELETE FROM clicks_default WHERE click_id >= ? AND click_id < ? RETURNING *)
     INSERT INTO ?? SELECT * FROM caught`,
    [fromUuid, toUuid, name],
  );
  await trx.raw(`ALTER TABLE clicks ATTACH PARTITION ?? FOR VALUES FROM ('${fromUuid}') TO ('${toUuid}')`, [
    name,
  ]);
}

/** True when clicks landed outside of every month's partition: somebody must look before they pile up. */
export async function defaultPartitionHoldsClicks(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>('SELECT 1 FROM clicks_default LIMIT 1');
  return rows.length > 0;
}
