import { DAY_MS } from '../domain/time';
import { createTestDb, type TestDb } from '../testing/test-db';
import { applyMigrations, migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { ensurePartitions, lowestUuidAt } from './partitions';
import { expireKeptData } from './stores/expiry-store';

const nowMs = Date.now();
let testDb: TestDb;

beforeEach(async () => {
  testDb = await createTestDb();
  await testDb.db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await applyMigrations(
    testDb.url,
    MIGRATIONS.filter(([name]) => name < '020'),
  );
});
afterEach(() => testDb.drop());

const raws = () => testDb.db('click_raw').orderBy('click_id').pluck('click_id');
const insert = (ms: number) =>
  testDb.db('click_raw').insert({ click_id: lowestUuidAt(ms), ip: '192.0.2.1', query: '' });

describe('raw requests of before they were kept by day', () => {
  it('stay where they are, with room for the next days, and go after thirty days', async () => {
    const before = [nowMs - 40 * DAY_MS, nowMs - 5 * DAY_MS, nowMs, nowMs + 9 * DAY_MS];
    for (const ms of before) await insert(ms);
    await migrate(testDb.url, nowMs);
    expect(await raws()).toEqual(before.map(lowestUuidAt));
    const after = [nowMs + 1, nowMs + DAY_MS, nowMs + 3 * DAY_MS];
    for (const ms of after) await insert(ms);
    await ensurePartitions(testDb.db, nowMs + 5 * DAY_MS);
    expect(await raws()).toEqual([...before, ...after].sort((a, b) => a - b).map(lowestUuidAt));
    await expireKeptData(testDb.db, nowMs);
    expect(await raws()).not.toContain(lowestUuidAt(nowMs - 40 * DAY_MS));
    await expireKeptData(testDb.db, nowMs + 45 * DAY_MS);
    expect(await raws()).toEqual([]);
    const left = await testDb.db('pg_tables').where('tablename', 'like', 'click_raw%').pluck('tablename');
    expect(left.filter((name) => name.startsWith('click_raw_until_'))).toEqual([]);
  });

  it('leave nothing behind when there are none', async () => {
    await migrate(testDb.url, nowMs);
    const names = await testDb.db('pg_tables').where('tablename', 'like', '%_raw_%').pluck('tablename');
    expect(names.filter((name) => /_(until|before)/.test(name))).toEqual([]);
    await insert(nowMs);
    expect(await testDb.db('click_raw_default')).toEqual([]);
  });
});
