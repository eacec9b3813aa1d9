import { pino } from 'pino';
import type { Db } from '../db/knex';
import { readOverview } from '../db/read-models/overview';
import { recountTraffic } from '../db/stores/traffic-store';
import { HOUR_MS } from '../domain/time';
import { openSettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { runRollups } from './rollups';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

test('counts traffic and money by itself, in two processes at once, until it is told to stop', async () => {
  const bench = await openSettlementBench(db);
  await recountTraffic(db, bench.startMs);
  // Before anything is counted: a click of an hour ago would come behind what the clock says is closed.
  const clickId = await bench.click({ atMin: 1 });
  const clock = { nowMs: () => Date.now() + HOUR_MS };
  const stop = new AbortController();
  const deps = { db, clock, logger: pino({ level: 'silent' }) };
  const running = [runRollups(deps, stop.signal), runRollups(deps, stop.signal)];
  try {
    await bench.deposit({ key: 'D1', click: clickId, atMin: 2 });
    await bench.settleAll();
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
    await until('the deposit to be counted', async () => {
      const span = { fromDay: day(Date.now() - HOUR_MS), toDay: day(Date.now() + HOUR_MS) };
      const question = { ...span, timeZone: 'UTC', groupBy: 'all' } as const;
      const { total } = await readOverview(db, bench.tenant.workspaceId, question);
      return total.depositsPpm === 1_000_000n && total.clicks === 1n;
    });
    const counted = () => db('traffic_quarters').sum('clicks as clicks');
    await until('the click to be counted', async () => (await counted())[0]?.clicks !== null);
    expect(await counted()).toEqual([{ clicks: '1' }]);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
});
