import { type ClickId, uuidFromId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { insertClick } from '../testing/builders/insert-click';
import { insertWorkspace, type WorkspaceFixture } from '../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../testing/test-db';
import type { Db } from './knex';
import { defaultPartitionHoldsRows, ensurePartitions, monthPartition } from './partitions';

let testDb: TestDb;
let db: Db;
let tenant: WorkspaceFixture;
const nowMs = Date.now();
const startOfMonth = (ahead: number) => {
  const now = new Date(nowMs);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1);
};

beforeEach(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  tenant = await insertWorkspace(db);
  await ensurePartitions(db, nowMs);
});
afterEach(() => testDb.drop());

async function partitionOf(clickId: ClickId): Promise<string> {
  const row = await db('clicks')
    .where('click_id', uuidFromId(clickId))
    .first<{ partition: string }>(db.raw('tableoid::regclass::text AS partition'));
  return row.partition;
}

describe('clicks by month', () => {
  it('a click lands in the month of its own time, at both edges', async () => {
    for (const ahead of [0, 1, 2, 3]) {
      const first = await insertClick(db, { ...tenant, clickedAtMs: startOfMonth(ahead) });
      const last = await insertClick(db, { ...tenant, clickedAtMs: startOfMonth(ahead + 1) - 1 });
      const { name } = monthPartition(nowMs, ahead);
      expect([await partitionOf(first), await partitionOf(last)]).toEqual([name, name]);
    }
    expect(await defaultPartitionHoldsRows(db)).toBe(false);
  });

  it('a click of a month without a partition is kept, and noticed', async () => {
    for (const clickedAtMs of [startOfMonth(0) - 1, startOfMonth(4), nowMs - 400 * DAY_MS]) {
      expect(await partitionOf(await insertClick(db, { ...tenant, clickedAtMs }))).toBe('clicks_default');
    }
    expect(await defaultPartitionHoldsRows(db)).toBe(true);
  });

  it('partitions are made once, also when several processes make them together', async () => {
    const later = startOfMonth(5);
    await Promise.all([1, 2, 3].map(() => ensurePartitions(db, later)));
    await ensurePartitions(db, later);
    const clickId = await insertClick(db, { ...tenant, clickedAtMs: startOfMonth(8) });
    expect(await partitionOf(clickId)).toBe(monthPartition(later, 3).name);
  });

  it('a table that cannot have its partitions keeps no other from them', async () => {
    await db.raw('ALTER TABLE clicks_default RENAME TO clicks_hidden');
    const later = startOfMonth(5);
    await expect(ensurePartitions(db, later)).rejects.toMatchObject({ code: '42P01' });
    const { name } = monthPartition(later, 3, 'impressions');
    expect(await db('pg_tables').where('tablename', name)).toHaveLength(1);
  });

  it('impressions have the same months', async () => {
    const months = [0, 1, 2, 3].map((ahead) => monthPartition(nowMs, ahead, 'impressions').name);
    const { rows } = await db.raw<{ rows: { name: string }[] }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'impressions'::regclass ORDER BY 1`,
    );
    expect(rows.map((row) => row.name)).toEqual([...months, 'impressions_default'].sort());
  });

  it('a month whose clicks already lie in the default partition gets its partition, with them in it', async () => {
    const clickId = await insertClick(db, { ...tenant, clickedAtMs: startOfMonth(4) });
    const stray = await insertClick(db, { ...tenant, clickedAtMs: nowMs - 400 * DAY_MS });
    await ensurePartitions(db, startOfMonth(1));
    expect(await partitionOf(clickId)).toBe(monthPartition(nowMs, 4).name);
    expect(await partitionOf(stray)).toBe('clicks_default');
  });
});
