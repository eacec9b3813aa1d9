import type { Db } from '../db/knex';
import { openReviewDesk } from '../testing/review-desk';
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
