import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ClickId } from '../domain/ids';
import { DAY_MS, HOUR_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startTimeSkippingEnv();
}, 120_000);
afterAll(() => env?.teardown());

beforeEach(async () => {
  house = await JourneyHarness.start(env);
  await house.syncClock();
}, 60_000);
afterEach(() => house.stop());

const deposit = { kind: 'deposit', playerExternalId: 'p-1', money: EUR(4_990n) } as const;
const exclusion = { kind: 'self_exclusion', playerExternalId: 'p-1' } as const;
const postbacks = () => house.db('postbacks').select('status', 'dead_reason');

/** A first deposit whose postback the destination keeps refusing, up to its first failed attempt. */
async function depositThatIsRetried(): Promise<ClickId> {
  await house.addDestination({ events: ['first_deposit'] });
  house.sink.answer = () => ({ status: 503 });
  const clickRef = await house.click();
  await house.accept({ ...deposit, clickRef });
  await house.settleAll();
  await until('a failed attempt', async () => house.sink.requests.length > 0);
  return clickRef;
}

test('a postback that is being retried stops: the next attempt parks it, and the books stand', async () => {
  const clickRef = await depositThatIsRetried();
  await house.accept({ ...exclusion, occurredAtMs: house.clock.nowMs() });
  const sent = house.sink.requests.length;
  await house.settleAll();
  expect(await house.journey(clickRef).result()).toEqual({ outcome: 'converted', events: 1 });
  expect(await postbacks()).toEqual([{ status: 'dead', dead_reason: 'self_excluded' }]);
  // An attempt that had been opened before may still have reached the destination, and none after it.
  expect(house.sink.requests.length - sent).toBeLessThanOrEqual(1);
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
});

test('when the exclusion is over, a replay delivers what was parked', async () => {
  const clickRef = await depositThatIsRetried();
  const startMs = house.clock.nowMs();
  await house.accept({ ...exclusion, occurredAtMs: startMs, untilMs: startMs + 7 * DAY_MS });
  await house.settleAll();
  await house.journey(clickRef).result();
  await expect(house.replayDeadPostback()).rejects.toThrow('self_excluded');
  house.sink.answer = () => ({ status: 200 });
  await env.sleep(8 * DAY_MS);
  await house.syncClock();
  const workflowId = await house.replayDeadPostback();
  await house.relay();
  await env.client.workflow.getHandle(workflowId).result();
  expect(await postbacks()).toEqual([{ status: 'delivered', dead_reason: null }]);
});

test('a deposit after the exclusion pays nobody and tells nobody, also when it arrives first', async () => {
  await house.addDestination({ events: ['registration', 'first_deposit', 'deposit'] });
  const clickRef = await house.click();
  const startMs = house.clock.nowMs();
  await house.accept({ kind: 'registration', clickRef, playerExternalId: 'p-1', occurredAtMs: startMs });
  await house.settleAll();
  await house.accept({ ...exclusion, occurredAtMs: startMs + 1 });
  await house.accept({ ...deposit, occurredAtMs: startMs + 2 });
  await house.settleAll();
  await house.journey(clickRef).result();
  expect(await house.balances()).toEqual({});
  const rows = await house.db('postbacks').select('event_kind');
  expect(rows).toEqual([{ event_kind: 'registration' }]);
});

test('a deposit that was booked before an earlier exclusion became known is taken back', async () => {
  const clickRef = await house.click();
  const startMs = house.clock.nowMs();
  await house.accept({ ...deposit, clickRef, occurredAtMs: startMs });
  await house.settleAll();
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
  await house.accept({ ...exclusion, occurredAtMs: startMs - HOUR_MS });
  await house.settleAll();
  expect(await house.balances()).toEqual({});
});
