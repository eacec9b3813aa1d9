import type { Db } from '../db/knex';
import { writeResults } from '../db/stores/result-store';
import { uuidFromId } from '../domain/ids';
import { MAX_AMOUNT_MINOR } from '../domain/money';
import { openReviewDesk } from '../testing/review-desk';
import { openSettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

test('a player’s value forgets the only deposit of a currency when a person rejects it, and knows it again', async () => {
  const desk = await openReviewDesk(db);
  const { bench } = desk;
  await bench.settle((await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id);
  await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  await bench.settle((await bench.deposit({ key: 'D2', atMin: 3, currency: 'USD' })).id);
  const before = (await bench.books()).ltv;
  expect(before).toEqual([expect.stringMatching(/^EUR 1 10000 /), expect.stringMatching(/^USD 1 10000 /)]);
  await desk.rule('D2', 'reject');
  await bench.settleAll();
  expect((await bench.books()).ltv).toEqual([expect.stringMatching(/^EUR 1 10000 /)]);
  await desk.rule('D1', 'reject');
  await bench.settleAll();
  expect((await bench.books()).ltv).toEqual([]);
  await desk.rule('D1', 'approve');
  await desk.rule('D2', 'approve');
  await bench.settleAll();
  expect((await bench.books()).ltv).toEqual(before);
});

test('a player whose amounts add up to more than 64 bits is settled, counted and shown', async () => {
  const bench = await openSettlementBench(db);
  await bench.settle((await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id);
  // In two what five thousand of the largest amounts are each.
  const amountMinor = 5_000n * MAX_AMOUNT_MINOR;
  for (const [key, atMin] of [
    ['D1', 2],
    ['D2', 3],
  ] as const) {
    await bench.settle((await bench.deposit({ key, atMin, amountMinor })).id);
  }
  await bench.settle((await bench.chargeback({ key: 'C1', refersTo: 'D2', atMin: 4, amountMinor: 1n })).id);
  expect((await bench.books()).ltv).toEqual([expect.stringMatching(/^EUR 2 9999999999999999999 /)]);
  expect(await bench.unhandled()).toEqual([]);
  expect(await writeResults(db)).toBeGreaterThan(0);
  const { rows } = await db.raw<{ rows: { total: string }[] }>(
    'SELECT sum(deposit_minor) AS total FROM result_quarters WHERE workspace_id = ?',
    [uuidFromId(bench.tenant.workspaceId)],
  );
  expect(rows).toEqual([{ total: '9999999999999999999' }]);
});
