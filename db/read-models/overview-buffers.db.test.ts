import { readFromFacts, readRolledUp } from '../../testing/overview-checks';
import { buffersOfOverview, seedSyntheticTraffic } from '../../testing/synthetic-traffic';
import { createTestDb, type TestDb } from '../../testing/test-db';
import type { Db } from '../knex';
import type { OverviewQuestion } from './overview';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

const endMs = Date.UTC(2026, 10, 1);
const SIZE = { days: 4, endMs, campaigns: 2, partners: 2, clicksPerRegistration: 400 };
/** What four days may touch of the 10,000 pages that a month of five million events may. */
const BUDGET = 1_333;

const question = (given: Partial<OverviewQuestion> = {}): OverviewQuestion => ({
  ...{ fromDay: '2026-10-28', toDay: '2026-10-31', timeZone: 'UTC', groupBy: 'campaign' },
  ...given,
});

test('an overview touches as many pages as there are hours and groups, not as there are clicks', async () => {
  const traffic = await seedSyntheticTraffic(db, { ...SIZE, clicks: 8_000 });
  const { workspaceId } = traffic.tenant;
  const groups = ['all', 'campaign', 'day', 'hour', 'partner', 'country', 'device'] as const;
  const touched = async () => {
    const buffers: number[] = [];
    for (const groupBy of groups)
      buffers.push(await buffersOfOverview(db, workspaceId, question({ groupBy })));
    return buffers;
  };
  const few = await touched();
  await seedSyntheticTraffic(db, { ...SIZE, clicks: 24_000 }, traffic);
  const many = await touched();
  // Four times the clicks, with four times the conversions.
  for (const [index, buffers] of many.entries()) {
    expect(buffers).toBeLessThan((few[index] ?? 0) * 2);
    expect(buffers).toBeLessThan(BUDGET);
  }
  // In a zone of half an hour quarters are read instead of hours.
  const inKolkata = question({ timeZone: 'Asia/Kolkata' });
  expect(await buffersOfOverview(db, workspaceId, inKolkata)).toBeLessThan((few[0] ?? 0) * 8);
  const byDay = question({ groupBy: 'day' });
  expect(await readRolledUp(db, workspaceId, byDay)).toEqual(await readFromFacts(db, workspaceId, byDay));
}, 120_000);
