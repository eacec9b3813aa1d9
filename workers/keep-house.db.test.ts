import { pino } from 'pino';
import { dayPartition, monthPartition } from '../db/partitions';
import { DAY_MS } from '../domain/time';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { runSweep } from './sweep';

let testDb: TestDb;

beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

test('partitions are made ahead and old days dropped by a worker that knows no Temporal', async () => {
  const { db } = testDb;
  const nowMs = Date.now() + 60 * DAY_MS;
  const old = dayPartition(Date.now(), 0, 'click_raw').name;
  const wanted = [
    ...[0, 1, 2, 3].map((ahead) => monthPartition(nowMs, ahead).name),
    ...[0, 7].flatMap((ahead) => [
      dayPartition(nowMs, ahead, 'click_raw').name,
      dayPartition(nowMs, ahead, 'impression_raw').name,
    ]),
  ];
  const tables = (names: readonly string[]) =>
    db('pg_tables')
      .whereIn('tablename', [...names])
      .pluck('tablename');
  expect(await tables([old])).toEqual([old]);
  const stop = new AbortController();
  const deps = { db, clock: { nowMs: () => nowMs }, logger: pino({ level: 'silent' }) };
  const sweeping = runSweep(deps, stop.signal);
  try {
    await until('the old day to be dropped', async () => (await tables([old])).length === 0);
    expect(new Set(await tables(wanted))).toEqual(new Set(wanted));
  } finally {
    stop.abort();
    await sweeping;
  }
});
