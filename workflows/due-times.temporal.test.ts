import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type ReviewPolicy, saveReviewPolicy } from '../db/stores/review-store';
import { acceptRuling } from '../db/stores/ruling-store';
import type { DealTerms } from '../domain/commission/deal';
import type { Decision } from '../domain/facts';
import { type EventId, idFromUuid, type PlayerId } from '../domain/ids';
import { DAY_MS, HOUR_MS } from '../domain/time';
import { insertDeal } from '../testing/builders/insert-partner';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';
import { PLAYER, type PlayerInput, playerWorkflowId } from './player/contract';
import { JOURNEYS_QUEUE } from './task-queues';

quietRuntime();

const HOLD_DAYS = 14;

let env: TestWorkflowEnvironment;
let house: JourneyHarness;
let startMs: number;

// A server for each test: its time is one for all, and what a test before has left in it is skipped through again.
beforeEach(async () => {
  env = await startTimeSkippingEnv();
  house = await JourneyHarness.start(env);
  startMs = await house.syncClock();
}, 120_000);
afterEach(async () => {
  await house?.stop();
  await env?.teardown();
});

const deposit = { kind: 'deposit', playerExternalId: 'p-1', money: EUR(5_000n) } as const;

/** Everything from now on is judged by a deal that holds what it pays. */
async function holdCommissions(terms?: DealTerms): Promise<void> {
  const { partnerId, tenant } = house;
  await insertDeal(house.db, {
    ...{ ...tenant, partnerId, version: 2, holdDays: HOLD_DAYS, validFromMs: Date.UTC(2001, 0, 1) },
    ...(terms === undefined ? {} : { terms }),
  });
}

/** Settles what was accepted and carries the timer that it may have left. */
async function settle(): Promise<void> {
  await house.settleAll();
  await house.relay();
}

async function playerId(): Promise<PlayerId> {
  const row: { player_id: string } = await house.db('players').first('player_id');
  return idFromUuid('ply', row.player_id);
}

async function playerRun() {
  return env.client.workflow.getHandle(playerWorkflowId(house.tenant.workspaceId, await playerId()));
}

async function timersStarted(): Promise<number> {
  const { events } = await (await playerRun()).fetchHistory();
  return (events ?? []).filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes).length;
}

/** Ends the run that waits; not in the middle of a task, because that would keep the server from skipping time. */
async function endPlayerRun(): Promise<void> {
  await until('the run to wait', async () => (await timersStarted()) === 1);
  await (await playerRun()).terminate('another run begins');
}

/** When the player is due, as settlement has noted it. */
async function dueAtMs(id: PlayerId): Promise<number | null> {
  const row: { due_at: Date | null } = await house.db('subjects').where('subject_key', id).first('due_at');
  return row.due_at?.getTime() ?? null;
}

/** Balances by `held` and `payable`. */
async function owed(): Promise<Record<string, string>> {
  const entries = Object.entries(await house.balances()).filter(
    ([account]) => !account.startsWith('expense'),
  );
  return Object.fromEntries(entries.map(([account, sum]) => [account.split(':')[0] ?? '', sum]));
}

const daysPassed = async (): Promise<number> => ((await env.currentTimeMs()) - startMs) / DAY_MS;

/** A first deposit on a click whose browser named itself nothing, which asks for a person. */
async function doubtfulDeposit(): Promise<EventId> {
  const clickRef = await house.click({ userAgent: '' });
  const { id } = await house.accept({ ...deposit, clickRef });
  await settle();
  return id;
}

async function rule(eventId: EventId, decision: Decision): Promise<void> {
  const { conversion_id: uuid, revision } = await house.conversion(eventId);
  const ruling = { conversionId: idFromUuid('cnv', uuid), revision, decision };
  const given = {
    ...ruling,
    workspaceId: house.tenant.workspaceId,
    reason: 'I know him.',
    actor: 'key:test',
  };
  await house.db.transaction((trx) => acceptRuling(trx, given, house.clock.nowMs()));
}

const setPolicy = (policy: ReviewPolicy) => saveReviewPolicy(house.db, house.tenant.workspaceId, policy);

describe('a hold', () => {
  test('of 14 days ends in the player workflow, which is over then', async () => {
    await holdCommissions();
    const clickRef = await house.click();
    const { id } = await house.accept({ ...deposit, clickRef });
    await settle();
    await house.journey(clickRef).result();
    expect(await owed()).toEqual({ held: '-5000' });
    await (await playerRun()).result();
    expect(await daysPassed()).toBeGreaterThanOrEqual(HOLD_DAYS);
    expect(await owed()).toEqual({ payable: '-5000' });
    expect(await house.conversion(id)).toMatchObject({ status: 'approved', reason: null });
  });

  test('follows a hold: the workflow waits for each', async () => {
    await holdCommissions({ kind: 'percent', ratePpm: 100_000 });
    const clickRef = await house.click();
    await house.accept({ ...deposit, clickRef });
    await settle();
    await env.sleep('10 days');
    await house.syncClock();
    await house.accept(deposit);
    await settle();
    await env.sleep('5 days');
    await until('the first hold to end', async () => (await owed()).payable === '-500');
    expect(await owed()).toEqual({ held: '-500', payable: '-500' });
    await (await playerRun()).result();
    expect(await daysPassed()).toBeGreaterThanOrEqual(24);
    expect(await owed()).toEqual({ payable: '-1000' });
  });

  test('is charged back while it lasts: the timer finds nothing to do', async () => {
    await holdCommissions();
    const clickRef = await house.click();
    await house.accept({ ...deposit, transactionKey: 'D1', clickRef });
    await settle();
    await house.accept({ kind: 'chargeback', refersTo: 'D1', playerExternalId: 'p-1', money: EUR(5_000n) });
    await settle();
    expect(await owed()).toEqual({});
    await (await playerRun()).result();
    expect(await owed()).toEqual({});
  });

  test('whose timer is set again ends at the sooner time, whichever was set first', async () => {
    await holdCommissions();
    const clickRef = await house.click();
    await house.accept({ ...deposit, clickRef });
    await settle();
    const { workspaceId } = house.tenant;
    const id = await playerId();
    const later = startMs + 20 * DAY_MS;
    await endPlayerRun();
    await house.starter.setPlayerTimer(workspaceId, id, later);
    await until('the later timer', async () => (await timersStarted()) === 1);
    await house.starter.setPlayerTimer(workspaceId, id, (await dueAtMs(id)) ?? later);
    await until('the sooner timer', async () => (await timersStarted()) === 2);
    await house.starter.setPlayerTimer(workspaceId, id, later);
    await (await playerRun()).result();
    // The server's own time may have gone on since.
    const closedAtMs = (await (await playerRun()).describe()).closeTime?.getTime() ?? 0;
    expect((closedAtMs - startMs) / DAY_MS).toBeGreaterThanOrEqual(HOLD_DAYS);
    expect((closedAtMs - startMs) / DAY_MS).toBeLessThan(20);
    expect(await owed()).toEqual({ payable: '-5000' });
  });

  test('goes on in the run that took over from a long one, with the events that waited there', async () => {
    await holdCommissions();
    const clickRef = await house.click();
    await house.accept({ ...deposit, clickRef });
    await settle();
    await endPlayerRun();
    const { id } = await house.accept(deposit);
    // What the relay would carry is carried by the run before.
    await house.db('outbox').delete();
    const { workspaceId } = house.tenant;
    const input: PlayerInput = {
      ...{ workspaceId, playerId: await playerId() },
      ...{ carriedOver: [id], dueAtMs: startMs + HOLD_DAYS * DAY_MS + HOUR_MS },
    };
    const workflowId = playerWorkflowId(workspaceId, input.playerId);
    const run = await env.client.workflow.start(PLAYER, {
      ...{ workflowId, taskQueue: JOURNEYS_QUEUE, args: [input] },
    });
    await run.result();
    expect(await house.conversion(id)).toMatchObject({ status: 'approved' });
    expect(await owed()).toEqual({ payable: '-5000' });
  });
});

describe('a review', () => {
  test('reminds, runs out, and is settled by the policy’s ruling', async () => {
    await house.addDestination({ events: ['first_deposit'] });
    await setPolicy({ reminderHours: 24, timeout: { hours: 72, decision: 'approve' } });
    const id = await doubtfulDeposit();
    expect(await house.conversion(id)).toMatchObject({ status: 'pending', reason: 'in_review' });
    await (await playerRun()).result();
    expect(await daysPassed()).toBeGreaterThanOrEqual(3);
    const reminded = (await house.conversion(id)).review_reminded_at.getTime();
    expect(reminded - startMs).toBeGreaterThanOrEqual(DAY_MS);
    expect(reminded - startMs).toBeLessThan(2 * DAY_MS);
    expect(house.sink.requests).toHaveLength(0);
    await house.syncClock();
    await settle();
    await (await playerRun()).result();
    expect(await house.conversion(id)).toMatchObject({ status: 'approved', review_since: null });
    expect(house.sink.requests).toHaveLength(1);
    expect(await owed()).toEqual({ payable: '-5000' });
  });

  test('is ruled on while the workflow waits: it pays and reports at once, and the timer finds nothing', async () => {
    await house.addDestination({ events: ['first_deposit'] });
    const id = await doubtfulDeposit();
    await rule(id, 'approve');
    await settle();
    expect(await owed()).toEqual({ payable: '-5000' });
    await until('the postback', async () => house.sink.requests.length === 1);
    expect(await daysPassed()).toBeLessThan(1);
    await (await playerRun()).result();
    expect(await house.db('audit').where('action', 'review.reminded')).toEqual([]);
  });

  test('is ruled on while the journey is open: the journey settles it and goes on to its end', async () => {
    await house.addDestination({ events: ['registration'] });
    const clickRef = await house.click({ userAgent: '' });
    const { id } = await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1' });
    await settle();
    expect(await house.conversion(id)).toMatchObject({ status: 'pending', reason: 'in_review' });
    await rule(id, 'approve');
    await settle();
    expect(await house.conversion(id)).toMatchObject({ status: 'approved' });
    expect(await house.journey(clickRef).result()).toEqual({ outcome: 'expired', events: 2 });
    expect(house.sink.requests).toHaveLength(1);
  });

  test('is ruled on long after journey and player workflow have closed, and again', async () => {
    const id = await doubtfulDeposit();
    await (await playerRun()).result();
    await env.sleep('40 days');
    await house.syncClock();
    await rule(id, 'approve');
    await settle();
    expect(await owed()).toEqual({ payable: '-5000' });
    await (await playerRun()).result();
    await rule(id, 'reject');
    await settle();
    expect(await owed()).toEqual({});
  });

  test('of a conversion without a player is ruled on in a workflow of its own', async () => {
    const clickRef = await house.click({ userAgent: '' });
    const { id } = await house.accept({ kind: 'lead', clickRef });
    await settle();
    await rule(id, 'reject');
    await settle();
    expect(await house.conversion(id)).toMatchObject({ status: 'rejected', reason: 'rejected_by_ruling' });
  });
});
