import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DAY_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';

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

test('a deposit months after a registration in time is credited, by the player workflow', async () => {
  await house.addDestination({ events: ['first_deposit'] });
  const clickRef = await house.click();
  await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1' });
  await house.settleAll();
  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'expired', events: 1 });
  await house.syncClock();
  await env.sleep('60 days');
  await house.syncClock();
  await house.accept(deposit);
  await house.settleAll();
  const [workflowId = ''] = await house.playerWorkflowIds();
  await env.client.workflow.getHandle(workflowId).result();
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
  expect(house.sink.requests).toHaveLength(1);
});

test('a destination that is away for two days gets the same postback, byte for byte', async () => {
  await house.addDestination({ events: ['first_deposit'] });
  const startMs = await house.syncClock();
  house.sink.answer = async () => ({
    status: (await env.currentTimeMs()) - startMs < 2 * DAY_MS ? 503 : 200,
  });
  const clickRef = await house.click();
  await house.accept({ ...deposit, clickRef });
  await house.settleAll();
  await house.journey(clickRef).result();
  expect((await env.currentTimeMs()) - startMs).toBeGreaterThanOrEqual(2 * DAY_MS);
  const { requests } = house.sink;
  expect(requests.length).toBeGreaterThan(40);
  expect(
    new Set(requests.map(({ url, body, headers }) => `${url} ${body} ${String(headers['idempotency-key'])}`))
      .size,
  ).toBe(1);
  expect(await house.db('postbacks').select('status')).toEqual([{ status: 'delivered' }]);
});

test('a destination that stays away for three days leaves a dead letter and ends the journey', async () => {
  await house.addDestination({ events: ['first_deposit'] });
  house.sink.answer = () => ({ status: 500 });
  const clickRef = await house.click();
  await house.accept({ ...deposit, clickRef });
  await house.settleAll();
  await house.journey(clickRef).result();
  expect(await house.db('postbacks').select('status', 'dead_reason')).toEqual([
    { status: 'dead', dead_reason: 'retries_exhausted' },
  ]);
});
