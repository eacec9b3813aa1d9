import { pino } from 'pino';
import type { Db } from '../db/knex';
import { readPartNotes } from '../db/stores/housekeeping-store';
import { timerRun } from '../db/stores/outbox-store';
import { uuidFromId } from '../domain/ids';
import { openReviewDesk, type ReviewDesk } from '../testing/review-desk';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';
import { runSweep } from './sweep';

let testDb: TestDb;
let db: Db;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());

/** Sweeps by the desk's clock until something is seen. */
async function sweepUntil(desk: ReviewDesk, what: string, isSeen: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const logger = pino({ level: 'silent' });
  const sweeping = runSweep({ db, clock: { nowMs: desk.nowMs }, logger }, stop.signal);
  try {
    await until(what, isSeen);
  } finally {
    stop.abort();
    await sweeping;
  }
}

async function register(desk: ReviewDesk): Promise<void> {
  const { bench } = desk;
  await bench.settle((await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id);
}

test('ends a hold that no timer has ended, although another subject cannot be settled', async () => {
  const desk = await openReviewDesk(db, { holdDays: 14 });
  const { bench } = desk;
  await register(desk);
  await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  // Longer overdue than the other, and nobody's.
  await db('subjects').insert({ subject_key: 'nobody', due_at: new Date(bench.startMs) });
  desk.pass(14 * 24 + 1);
  await sweepUntil(
    desk,
    'the hold to end',
    async () => (await bench.conversion('D1'))?.status === 'approved',
  );
  expect(await desk.dueAtMs()).toBeNull();
  await sweepUntil(
    desk,
    'somebody to be told of the other',
    async () => (await readPartNotes(db)).get('sweep_overdue')?.failing?.code === 'Error',
  );
  await db('subjects').where('subject_key', 'nobody').delete();
});

test('what it settles and is due again later gets a timer, and nothing else does', async () => {
  const desk = await openReviewDesk(db);
  const { bench } = desk;
  await register(desk);
  await desk.setPolicy({ reminderHours: 24, timeout: { hours: 72, decision: 'reject' } });
  await desk.settleInDoubt((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  await db('outbox').where('kind', 'timer').delete();
  desk.pass(25);
  await sweepUntil(desk, 'the reminder', async () => {
    const reminded = await db('conversions').whereNotNull('review_reminded_at').first();
    return reminded !== undefined && (await db('outbox').where('kind', 'timer').first()) !== undefined;
  });
  const timers = await db('outbox').where('kind', 'timer');
  const dueAtMs = await desk.dueAtMs();
  if (dueAtMs === null) throw new Error('nothing is due');
  expect(timers).toMatchObject([{ lane: 1, run: timerRun(dueAtMs), available_at: expect.any(Date) }]);
});

test('reminds of a review and lets it run out, with and without a player', async () => {
  const desk = await openReviewDesk(db);
  const { bench } = desk;
  await register(desk);
  await desk.settleInDoubt((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  const lead = await bench.accept({
    ...{
      kind: 'lead',
      senderEventId: 'L1',
      playerExternalId: null,
      money: null,
      clickRef: await bench.click(),
    },
    occurredAtMs: bench.startMs,
  });
  await desk.settleInDoubt(lead.id);
  const [deposit, solo] = [await desk.conversionId('D1'), await desk.conversionId('L1', 'lead')];
  const uuids = [uuidFromId(deposit), uuidFromId(solo)];
  const reminded = () => db('conversions').whereIn('conversion_id', uuids).whereNotNull('review_reminded_at');
  desk.pass(25);
  await sweepUntil(desk, 'both reminders', async () => (await reminded()).length === 2);
  await desk.setPolicy({ reminderHours: 24, timeout: { hours: 24, decision: 'reject' } });
  const ruled = () => db('events').whereIn('ruled_conversion_id', uuids);
  await sweepUntil(desk, 'both rulings', async () => (await ruled()).length === 2);
  await bench.settleAll();
  const statuses = await db('conversions').whereIn('conversion_id', uuids).select('status', 'reason');
  const rejected = { status: 'rejected', reason: 'rejected_by_ruling' };
  expect(statuses).toEqual([rejected, rejected]);
});

test('ends a hold although another part of the round fails every time', async () => {
  const desk = await openReviewDesk(db, { holdDays: 14 });
  const { bench } = desk;
  await register(desk);
  await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
  // Nobody's click: it waits, and whoever lets it go fails.
  const stuck = await bench.registration({ key: 'R9', player: 'P9', atMin: 1 });
  await db('players')
    .where('external_id', 'P9')
    .update({ linked_at: new Date(bench.startMs) });
  await db.raw(`
    CREATE FUNCTION refuse_release() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'never released'; END $$;
    CREATE TRIGGER refuse_release BEFORE UPDATE OF released_at ON quarantine
      FOR EACH ROW EXECUTE FUNCTION refuse_release()`);
  desk.pass(14 * 24 + 1);
  try {
    await sweepUntil(
      desk,
      'the hold to end',
      async () => (await bench.conversion('D1'))?.status === 'approved',
    );
  } finally {
    await db.raw('DROP FUNCTION refuse_release() CASCADE');
  }
  expect(stuck.status).toBe('quarantined');
});
