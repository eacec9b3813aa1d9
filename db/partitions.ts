import { DAY_MS } from '../domain/time';
import type { Db } from './knex';

/**
 * Tables that are split by the v7 key, with that key: facts by month, because they stay; raw requests by day, because
 * a whole day of them is dropped when its time is over.
 */
const PARTITIONED = {
  clicks: { key: 'click_id', span: 'month' },
  impressions: { key: 'impression_id', span: 'month' },
  click_raw: { key: 'click_id', span: 'day' },
  impression_raw: { key: 'impression_id', span: 'day' },
} as const;
type PartitionedTable = keyof typeof PARTITIONED;
const TABLES = Object.keys(PARTITIONED) as PartitionedTable[];
type MonthTable = 'clicks' | 'impressions';
/** Tables whose whole days can be dropped. */
export type DayTable = Exclude<PartitionedTable, MonthTable>;

/** How many partitions are made ahead of the current one: nothing but the default is there when nobody made one. */
const AHEAD = { month: 3, day: 7 } as const;

/** How long a change of partitions waits for its turn: everybody waits behind it, so it gives up and comes back in a minute. */
const SHORT_LOCK_TIMEOUT = '2s';

export type Partition = { name: string; fromUuid: string; toUuid: string };

/**
 * The table's partition of the month that lies `monthsAhead` after the one of `nowMs`. Bounds are the lowest v7 keys of
 * the first millisecond of the month and of the next one, so they are computed and never typed by hand.
 */
export function monthPartition(nowMs: number, monthsAhead: number, table: MonthTable = 'clicks'): Partition {
  const now = new Date(nowMs);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const fromMs = Date.UTC(year, month + monthsAhead, 1);
  const name = `${table}_${dayText(fromMs).slice(0, 7)}`;
  return partition(name, fromMs, Date.UTC(year, month + monthsAhead + 1, 1));
}

/** The same for a day of UTC. */
export function dayPartition(nowMs: number, daysAhead: number, table: DayTable): Partition {
  const fromMs = (Math.floor(nowMs / DAY_MS) + daysAhead) * DAY_MS;
  return partition(`${table}_${dayText(fromMs)}`, fromMs, fromMs + DAY_MS);
}

function partition(name: string, fromMs: number, toMs: number): Partition {
  return { name, fromUuid: lowestUuidAt(fromMs), toUuid: lowestUuidAt(toMs) };
}

/** `2026_11_21`, as the names of partitions have it. */
function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '_');
}

/** The lowest v7 key of a millisecond: rows below it are older. In SQL it is lowest_uuid_at. */
export function lowestUuidAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/**
 * Makes every table's partitions of now and of what comes next; one that exists is left alone. A table that cannot have
 * its own keeps no other from them; it is told at the end.
 */
export async function ensurePartitions(db: Db, nowMs: number): Promise<void> {
  const failures: unknown[] = [];
  for (const table of TABLES) {
    await ensureOf(db, table, nowMs).catch((error: unknown) => failures.push(error));
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, 'not every table has its partitions');
}

async function ensureOf(db: Db, table: PartitionedTable, nowMs: number): Promise<void> {
  for (const wanted of partitionsAhead(table, nowMs)) {
    if (await isCovered(db, table, wanted)) continue;
    await db.transaction(async (trx) => {
      await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('clickchain:partitions'))`);
      if (!(await isCovered(trx, table, wanted))) await makePartition(trx, table, wanted);
    });
  }
}

function partitionsAhead(table: PartitionedTable, nowMs: number): Partition[] {
  const { span } = PARTITIONED[table];
  return Array.from({ length: AHEAD[span] + 1 }, (_, ahead) =>
    table === 'clicks' || table === 'impressions'
      ? monthPartition(nowMs, ahead, table)
      : dayPartition(nowMs, ahead, table),
  );
}

/** Whether it exists, or what was there before the table was split by day reaches beyond it. */
async function isCovered(db: Db, table: PartitionedTable, { name }: Partition): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_tables WHERE schemaname = current_schema()
       AND (tablename = ? OR (starts_with(tablename, ?) AND right(tablename, 10) > right(?, 10)))`,
    [name, `${table}_until_`, name],
  );
  return rows.length > 0;
}

/**
 * Made aside and attached with the rows of its span that the default partition has caught: Postgres refuses a
 * partition whose rows lie in the default one, and one stray click would keep an instance from booting.
 */
async function makePartition(
  trx: Db,
  table: PartitionedTable,
  { name, fromUuid, toUuid }: Partition,
): Promise<void> {
  const [caught, { key }] = [`${table}_default`, PARTITIONED[table]];
  await trx.raw(`SET LOCAL lock_timeout = '${SHORT_LOCK_TIMEOUT}'`);
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

/** Partitions that hold more than a day, whose rows have to go one by one: what no day has, and what was there before. */
export async function partitionsOfManyDays(db: Db, table: DayTable): Promise<string[]> {
  return (await partitionNames(db, table)).filter((name) => !isDayOf(table, name));
}

/** Drops the table's partitions in which every row is older than a moment; says which. */
export async function dropPartitionsBefore(db: Db, table: DayTable, ms: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const name of await partitionNames(db, table)) {
    if (endOfPartition(table, name) > ms) continue;
    await db.transaction(async (trx) => {
      await trx.raw(`SET LOCAL lock_timeout = '${SHORT_LOCK_TIMEOUT}'`);
      await trx.raw('DROP TABLE IF EXISTS ??', [name]);
    });
    dropped.push(name);
  }
  return dropped;
}

async function partitionNames(db: Db, table: PartitionedTable): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = CAST(? AS regclass) ORDER BY 1`,
    [table],
  );
  return rows.map((row) => row.name);
}

function isDayOf(table: DayTable, name: string): boolean {
  return new RegExp(`^${table}_\\d{4}_\\d{2}_\\d{2}$`).test(name);
}

/** When the last row of a partition is over; never, for the default one. */
function endOfPartition(table: DayTable, name: string): number {
  const day = Date.parse(name.slice(-10).replaceAll('_', '-'));
  if (isDayOf(table, name)) return day + DAY_MS;
  return name.startsWith(`${table}_until_`) ? day : Number.POSITIVE_INFINITY;
}

/** True when rows landed outside of every month's partition: somebody must look before they pile up. */
export async function defaultPartitionHoldsRows(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    '(SELECT 1 FROM clicks_default LIMIT 1) UNION ALL (SELECT 1 FROM impressions_default LIMIT 1)',
  );
  return rows.length > 0;
}
