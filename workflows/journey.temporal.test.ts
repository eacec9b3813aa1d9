import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { idFromUuid } from '../domain/ids';
import { DAY_MS, SECOND_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

// A server for each test: its time is one for all, and what a test before has left in it is skipped through again.
beforeEach(async () => {
  env = await startTimeSkippingEnv();
  house = await JourneyHarness.start(env);
  await house.syncClock();
}, 120_000);
afterEach(async () => {
  await house?.stop();
  await env?.teardown();
});

const deposit = { kind: 'deposit', playerExternalId: 'p-1', money: EUR(4_990n) } as const;

test('the full chain ends in booked money and delivered postbacks', async () => {
  await house.addDestination();
  const clickRef = await house.click();
  await house.accept({ kind: 'install', clickRef });
  await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1' });
  await house.accept({ ...deposit, clickRef });
  await house.settleAll();

  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'converted', events: 3 });
  expect(await house.balances()).toEqual({
    [`expense:commission:${house.campaignId} EUR`]: '5000',
    [`payable:${house.partnerId} EUR`]: '-5000',
  });
  const paths = house.sink.requests.map(({ url }) => new URL(url, house.sink.origin).searchParams);
  expect(new Set(paths.map((query) => query.get('event')))).toEqual(
    new Set(['deposit', 'first_deposit', 'install', 'registration']),
  );
  expect(paths).toHaveLength(4);
  expect(paths.every((query) => query.get('click') === clickRef)).toBe(true);
  expect(paths.find((query) => query.get('event') === 'first_deposit')?.get('payout')).toBe('50.00');
});

test('a click without events expires, and runs no code before', async () => {
  const clickId = await house.click();
  await house.relay();
  expect(await house.historyLength(`click:${house.tenant.workspaceId}:${clickId}`)).toBe(1);
  expect(await house.journey(clickId).result()).toEqual({ outcome: 'expired', events: 0 });
});

test.each([
  ['an install and a deposit, no registration', ['install', 'deposit']],
  ['a registration and a deposit, no install', ['registration', 'deposit']],
  ['a deposit alone', ['deposit']],
] as const)('%s: the chain completes', async (_name, kinds) => {
  const clickRef = await house.click();
  for (const kind of kinds) {
    await house.accept(
      kind === 'deposit' ? { ...deposit, clickRef } : { kind, clickRef, playerExternalId: 'p-1' },
    );
  }
  await house.settleAll();
  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'converted', events: kinds.length });
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
});

test('an event that overtakes the start of its journey loses nothing', async () => {
  const clickRef = await house.click();
  await house.accept({ ...deposit, clickRef });
  // Hides the click's own row from the relay until the event went through.
  await house
    .db('outbox')
    .where('kind', 'click')
    .update({ available_at: new Date(house.clock.nowMs() + DAY_MS) });
  await house.settleAll();
  await house
    .db('outbox')
    .where('kind', 'click')
    .update({ available_at: new Date(0) });
  await house.relay();
  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'converted', events: 1 });
});

test.each([
  ['the last millisecond of the window', 0, '-5000'],
  ['one millisecond later', 1, undefined],
] as const)('a first deposit at %s', async (_name, lateMs, payable) => {
  // Within the second before this one, so that it lies in the past.
  const atMs = (Math.floor(house.clock.nowMs() / SECOND_MS) - 1) * SECOND_MS + 123;
  const clickRef = await house.click({ atMs });
  await house.relay();
  await house.journey(clickRef).result();
  await house.syncClock();
  await house.accept({ ...deposit, clickRef, occurredAtMs: atMs + 30 * DAY_MS + lateMs });
  await house.settleAll();
  expect((await house.balances())[`payable:${house.partnerId} EUR`]).toBe(payable);
});

// Berlin: 2026-03-29 lost an hour, 2026-10-25 gained one. Thirty days stay 720 hours.
test.each([
  ['spring', '2026-03-15T12:00:00.123Z', '2026-04-14T12:00:00.123Z'],
  ['autumn', '2026-10-10T12:00:00.123Z', '2026-11-09T12:00:00.123Z'],
])(
  'a window across the change of clocks in %s has thirty days of 24 hours',
  async (_name, click, lastMoment) => {
    const clickRef = await house.click({ atMs: Date.parse(click) });
    await house.accept({ ...deposit, clickRef, occurredAtMs: Date.parse(lastMoment) });
    await house.accept({
      ...deposit,
      clickRef: await house.click({ atMs: Date.parse(click) }),
      playerExternalId: 'one millisecond late',
      occurredAtMs: Date.parse(lastMoment) + 1,
    });
    await house.settleAll();
    const credited = await house.db('conversions').whereNotNull('click_id').select('click_id');
    expect(credited.map((row: { click_id: string }) => idFromUuid('clk', row.click_id))).toEqual([clickRef]);
  },
);

test('fifty copies of one deposit at once are one deposit', async () => {
  await house.addDestination({ events: ['first_deposit', 'deposit'] });
  const clickRef = await house.click();
  await house.relay();
  const atMs = house.clock.nowMs();
  const copies = await Promise.all(
    Array.from({ length: 50 }, () =>
      house.accept({ ...deposit, senderEventId: 'd-1', transactionKey: 't-1', clickRef, occurredAtMs: atMs }),
    ),
  );
  expect(copies.filter(({ status }) => status === 'accepted')).toHaveLength(1);
  expect(new Set(copies.map(({ id }) => id)).size).toBe(1);
  await house.settleAll();
  await house.journey(clickRef).result();
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
  expect(house.sink.requests).toHaveLength(2);
});

test('an event that comes while a delivery is under way is not held up by it', async () => {
  await house.addDestination({ events: ['registration'] });
  let release = (_answer: { status: number }): void => undefined;
  const released = new Promise<{ status: number }>((resolve) => {
    release = resolve;
  });
  house.sink.answer = () => released;
  const clickRef = await house.click();
  await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1' });
  await house.relay();
  await until('the delivery to begin', async () => house.sink.requests.length > 0);
  await house.accept(deposit);
  await house.settleAll();
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
  release({ status: 200 });
  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'converted', events: 2 });
});
