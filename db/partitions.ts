import type { Db } from './knex';

const MONTHS_AHEAD = 3;

/** Tables that are split by month on their v7 key, with that key. */
const PARTITIONED = { clicks: 'click_id', impressions: 'impression_id' } as const;
export type PartitionedTable = keyof typeof PARTITIONED;
const TABLES = Object.keys(PARTITIONED) as PartitionedTable[];

export type MonthPartition = { name: string; fromUuid: string; toUuid: string };

/**
 * The table's partition of the month that lies `monthsAhead` after the one of `nowMs`. Bounds are the lowest v7 keys of
 * the first millisecond of the month and of the next one, so they are computed and never typed by hand.
 */
export function monthPartition(
  nowMs: number,
  monthsAhead: number,
  table: PartitionedTable = 'clicks',
): MonthPartition {
  const now = new Date(nowMs);
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead, 1));
  const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead + 1, 1));
  const month = `${from.getUTCFullYear()}_${String(from.getUTCMonth() + 1).padStart(2, '0')}`;
  return {
    name: `${table}_${month}`,
    fromUuid: lowestUuidAt(from.getTime()),
    toUuid: lowestUuidAt(to.getTime()),
  };
}

/** The lowest v7 key of a millisecond: rows below it are older. */
export function lowestUuidAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** Makes every table's partition of this month and of the next three; a month that exists is left alone. */
export async function ensurePartitions(db: Db, nowMs: number): Promise<void> {
  for (const table of TABLES) {
    for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead += 1) {
      const month = monthPartition(nowMs, ahead, table);
      if (await exists(db, month)) continue;
      await db.transaction(async (trx) => {
        await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('clickchain:partitions'))`);
        if (!(await exists(trx, month))) await makePartition(trx, table, month);
      });
    }
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
 * Made aside and attached with the rows of its month that the default partition has caught: Postgres refuses a
 * partition whose rows lie in the default one, and one stray click would keep an instance from booting.
 */
async function makePartition(
  trx: Db,
  table: PartitionedTable,
  { name, fromUuid, toUuid }: MonthPartition,
): Promise<void> {
  const [caught, key] = [`${table}_default`, PARTITIONED[table]];
  await trx.raw('LOCK TABLE ?? IN ACCESS EXCLUSIVE MODE', [caught]);
  await trx.raw('CREATE TABLE ?? (LIKE ?? INCLUDING ALL)', [name, table]);
  await trx.raw(
    `WITH caught AS (DELETE FROM ?? WHERE ?? >= ? AND ?? < ? RETURNING *)
     INSERT INTO ?? SELECT * FROM caught`,
    [caught, key, fromUuid, key, toUuid, name],
  );
  await trx.raw(`ALTER TABLE ?? ATTACH PARTITION ?? FOR VALUES FROM ('${fromUuid}') TO ('${toUuid}')`, [
    table,
    name,
  ]);
}

/** True when rows landed outside of every month's partition: somebody must look before they pile up. */
export async function defaultPartitionHoldsRows(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    '(SELECT 1 FROM clicks_default LIMIT 1) UNION ALL (SELECT 1 FROM impressions_default LIMIT 1)',
  );
  return rows.length > 0;
}
