import { pino } from 'pino';
import type { Db } from '../db/knex';
import { readPartNotes } from '../db/stores/housekeeping-store';
import { HOUSEKEEPING_PARTS } from '../domain/housekeeping/parts';
import { fakeTemporal, grpcError } from '../testing/fake-temporal';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { PartWatch } from './part-watch';
import { runRelay } from './relay';
import { runRollups } from './rollups';
import { runScreening } from './screening';
import { runSweep } from './sweep';
import { WakeUp } from './wake-up';

const logger = pino({ level: 'silent' });
const clock = { nowMs: () => Date.now() };
const broken = (code: string) => Object.assign(new Error('statement - words that stay inside'), { code });

let testDb: TestDb;
let db: Db;

beforeEach(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterEach(() => testDb.drop());

/** Everything that a worker does by itself, until something is seen. */
async function runAllUntil(what: string, isSeen: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const deps = { db, clock, logger };
  const relay = {
    ...{ ...deps, starter: fakeTemporal().starter, starts: { perSecond: 100, concurrency: 1 } },
    bells: { events: new WakeUp(), duties: new WakeUp(), starts: new WakeUp() },
    meter: { called: () => undefined, parked: () => undefined },
  };
  const running = [
    runSweep(deps, stop.signal),
    runRollups(deps, stop.signal),
    runScreening(deps, stop.signal),
    runRelay(relay, stop.signal),
  ];
  try {
    await until(what, isSeen);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
}

test('every part is noted by whoever does it, and nobody notes another', async () => {
  const parts = Object.keys(HOUSEKEEPING_PARTS).sort();
  await runAllUntil('every part', async () => (await readPartNotes(db)).size === parts.length);
  const notes = await readPartNotes(db);
  expect([...notes.keys()].sort()).toEqual(parts);
  expect([...notes.values()].filter(({ failing }) => failing !== null)).toEqual([]);
});

test('a part that fails says so, and keeps no other from its turn', async () => {
  await db.raw('ALTER TABLE velocity_hits RENAME TO hidden_hits');
  await db.raw('ALTER TABLE clicks RENAME TO hidden_clicks');
  const noted = async (part: string) => (await readPartNotes(db)).get(part);
  await runAllUntil('the last part', async () => (await noted('retention_secrets')) !== undefined);
  const missing = { succeededAtMs: null, failing: { sinceMs: expect.any(Number), code: '42P01' } };
  expect(await noted('retention_velocity_hits')).toEqual(missing);
  expect(await noted('sweep_quarantine')).toEqual(missing);
  for (const part of [
    'sweep_events',
    'retention_event_raw',
    'retention_idempotency_keys',
    'retention_secrets',
  ]) {
    expect([part, await noted(part)]).toEqual([part, { succeededAtMs: expect.any(Number), failing: null }]);
  }
});

test('what cannot be noted is done all the same', async () => {
  await db.raw('DROP TABLE housekeeping');
  const watch = new PartWatch({ db, clock, logger });
  expect(await watch.turn('rollups', async () => 5)).toBe(5);
  await watch.failed('rollups', broken('57014'));
});

test('notes at once what changes, what goes on as before twice a minute, and never a success that came earlier', async () => {
  let nowMs = Date.now();
  const watch = new PartWatch({ db, clock: { nowMs: () => nowMs }, logger });
  const row = async () =>
    db('housekeeping').first('succeeded_at', 'failing_since', 'error_code', 'last_error');
  const startMs = nowMs;
  await watch.succeeded('rollups');
  nowMs += 29_000;
  await watch.succeeded('rollups');
  expect(await row()).toMatchObject({ succeeded_at: new Date(startMs), failing_since: null });
  await watch.failed('rollups', broken('57014'));
  const failedMs = nowMs;
  nowMs += 31_000;
  await watch.failed('rollups', new AggregateError([broken('55P03')], 'several'));
  expect(await row()).toEqual({
    ...{ succeeded_at: new Date(startMs), failing_since: new Date(failedMs) },
    ...{ error_code: '55P03', last_error: 'several' },
  });
  await watch.succeeded('rollups');
  expect(await row()).toMatchObject({ succeeded_at: new Date(nowMs), failing_since: null, last_error: null });
  await watch.failed('rollups', grpcError(14));
  expect(await row()).toMatchObject({ error_code: 'grpc_14' });
});
