import type { Db } from '../db/knex';
import { findOverdueSubjects } from '../db/stores/sweep-store';
import { idFromUuid, uuidFromId } from '../domain/ids';
import { DAY_MS, MINUTE_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { openReviewDesk, type ReviewDesk } from '../testing/review-desk';
import type { SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createSettlementActivities } from './settlement';

const HOLD_DAYS = 14;
const HOLD_HOURS = HOLD_DAYS * 24;

let testDb: TestDb;
let db: Db;
let desk: ReviewDesk;
let bench: SettlementBench;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  desk = await openReviewDesk(db, { holdDays: HOLD_DAYS });
  bench = desk.bench;
});

/** When the hold of a deposit that occurred so many minutes after the start ends. */
const holdEndMs = (atMin: number) => bench.startMs + atMin * MINUTE_MS + HOLD_DAYS * DAY_MS;

/** Net amounts by account and transaction; `held` and `payable` without the partner's id. */
async function balances(): Promise<Record<string, string>> {
  const own = (await bench.books()).balances;
  const entries = Object.entries(own).filter(([account]) => !account.startsWith('expense'));
  return Object.fromEntries(entries.map(([account, sum]) => [account.replace(/:\S+/, ''), sum]));
}

async function heldDeposit(): Promise<void> {
  await bench.settle((await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id);
  await bench.settle((await bench.deposit({ key: 'D1', atMin: 2 })).id);
}

describe('a commission on hold', () => {
  it('is owed on the account of what is held, its conversion qualified, and its end noted and told', async () => {
    await heldDeposit();
    expect(await balances()).toEqual({ 'held EUR D1 cpa': '-5000' });
    expect(await bench.conversion('D1')).toMatchObject({
      status: 'qualified',
      reason: 'on_hold',
      revision: 1,
    });
    expect(await bench.line('D1')).toMatchObject({ stage: 'qualified', hold_until: new Date(holdEndMs(2)) });
    expect(await desk.dueAtMs()).toBe(holdEndMs(2));
    const timers = await db('outbox').where({ kind: 'timer', ref_id: uuidFromId(await desk.player()) });
    expect(timers).toHaveLength(1);
  });

  it('moves to what may be paid when time is settled, once', async () => {
    await heldDeposit();
    desk.pass(HOLD_HOURS);
    expect(await desk.settleDue()).toEqual({ postbackIds: [], dueAtMs: null });
    await desk.settleDue();
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved', reason: null, revision: 2 });
    expect(
      await db('ledger_journals').where('workspace_id', uuidFromId(bench.tenant.workspaceId)),
    ).toHaveLength(2);
  });

  it('moves with any later event of the player, too, although nobody has settled time', async () => {
    await heldDeposit();
    desk.pass(HOLD_HOURS);
    await bench.settle((await bench.deposit({ key: 'D2', atMin: 60 })).id);
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
    expect(await desk.dueAtMs()).toBeNull();
  });

  it('is not moved by a timer that comes too early for it', async () => {
    await heldDeposit();
    desk.pass(HOLD_HOURS - 24);
    const { settleDue } = settlement();
    const subject = await desk.player();
    expect((await settleDue({ subject, dueAtMs: desk.nowMs() })).dueAtMs).toBe(holdEndMs(2));
    expect(await balances()).toEqual({ 'held EUR D1 cpa': '-5000' });
  });

  it('ends by the timer’s time although the worker’s clock is behind', async () => {
    await heldDeposit();
    await desk.settleDue();
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
  });

  it('never begins again: not for a worker whose clock is behind, after time or an event has ended it', async () => {
    await heldDeposit();
    desk.pass(HOLD_HOURS);
    await bench.settle((await bench.deposit({ key: 'D2', atMin: 60 })).id);
    desk.pass(-24);
    await bench.settle((await bench.deposit({ key: 'D3', atMin: 61 })).id);
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved', revision: 2 });
  });

  it('never begins at all for what is reported after it would have ended, whatever a clock says later', async () => {
    desk.pass(HOLD_HOURS + 24);
    await heldDeposit();
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
    desk.pass(-48);
    await bench.settle((await bench.deposit({ key: 'D2', atMin: 3 })).id);
    expect(await balances()).toEqual({ 'payable EUR D1 cpa': '-5000' });
    expect(await bench.conversion('D1')).toMatchObject({ status: 'approved', revision: 1 });
  });

  it('is told to nobody when it ends: the amount is what it was', async () => {
    await insertDestination(db, {
      ...{ workspaceId: bench.tenant.workspaceId, partnerId: bench.partnerId },
      events: ['first_deposit', 'correction'],
    });
    await heldDeposit();
    desk.pass(HOLD_HOURS);
    await desk.settleDue();
    const told = await db('postbacks').where('workspace_id', uuidFromId(bench.tenant.workspaceId));
    expect(told.map((row) => row.event_kind)).toEqual(['first_deposit']);
  });

  it.each([
    ['during the hold', 0],
    ['after it', HOLD_HOURS],
  ])('charged back %s leaves nothing on either account', async (_name, hours) => {
    await heldDeposit();
    desk.pass(hours);
    if (hours > 0) await desk.settleDue();
    await bench.settle((await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 30 })).id);
    expect(await balances()).toEqual({});
    expect(await bench.conversion('D1')).toMatchObject({ status: 'reversed' });
    expect(await desk.dueAtMs()).toBeNull();
    desk.pass(HOLD_HOURS);
    await desk.settleDue();
    expect(await balances()).toEqual({});
  });

  it('waits for a person first, and is held from the event’s own time all the same', async () => {
    await bench.settle((await bench.registration({ key: 'R1', click: await bench.click(), atMin: 1 })).id);
    await desk.settleInDoubt((await bench.deposit({ key: 'D1', atMin: 2 })).id);
    expect(await balances()).toEqual({});
    await desk.rule('D1', 'approve');
    await bench.settleAll();
    expect(await balances()).toEqual({ 'held EUR D1 cpa': '-5000' });
    expect(await desk.dueAtMs()).toBe(holdEndMs(2));
  });

  it('that no timer ends is overdue for the sweep, and only then', async () => {
    await heldDeposit();
    const subject = await desk.player();
    const isOverdue = async (nowMs: number) =>
      (await findOverdueSubjects(db, 1_000, nowMs)).some(({ key }) => key === subject);
    expect(await isOverdue(holdEndMs(2) + MINUTE_MS)).toBe(false);
    expect(await isOverdue(holdEndMs(2) + 2 * MINUTE_MS)).toBe(true);
    desk.pass(HOLD_HOURS + 1);
    await desk.settleDue();
    expect(await isOverdue(desk.nowMs())).toBe(false);
  });

  it('moves its end with an earlier first deposit that turns up late, and the timer with it', async () => {
    await heldDeposit();
    await db('outbox').where('kind', 'timer').delete();
    await bench.settle((await bench.deposit({ key: 'D0', atMin: 1.5 })).id);
    expect(await balances()).toEqual({ 'held EUR D0 cpa': '-5000' });
    expect(await desk.dueAtMs()).toBe(holdEndMs(1.5));
    const timers: { ref_id: string }[] = await db('outbox').where({ kind: 'timer' });
    expect(timers.map((row) => idFromUuid('ply', row.ref_id))).toEqual([await desk.player()]);
  });
});

const settlement = () => createSettlementActivities({ db, clock: { nowMs: desk.nowMs } });

test('the end of a hold delivers what it made itself, however often it is asked, and nothing of another workflow', async () => {
  const events = ['registration', 'first_deposit', 'deposit'];
  await insertDestination(db, { ...bench.tenant, events });
  await heldDeposit();
  const told = () => db('postbacks').where('workspace_id', uuidFromId(bench.tenant.workspaceId));
  // The journey has not tried them yet, or waits for its next attempt: it will.
  const ofTheJourney: string[] = await told().pluck('postback_id');
  const later = await insertDestination(db, { ...bench.tenant, events: ['deposit'] });
  desk.pass(HOLD_HOURS);
  const { postbackIds } = await desk.settleDue();
  expect(await bench.conversion('D1')).toMatchObject({ status: 'approved' });
  const own: string[] = await told().where('destination_id', uuidFromId(later)).pluck('postback_id');
  expect(own).toHaveLength(1);
  expect(postbackIds.map(uuidFromId)).toEqual(own);
  expect(ofTheJourney).toHaveLength(3);
  // The answer was lost on the way: the activity is tried again, and finds nothing to settle.
  expect((await desk.settleDue()).postbackIds).toEqual(postbackIds);
});
