import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { updateDestination } from '../db/stores/destination-store';
import { releaseHeldPostbacks } from '../db/stores/postback-sweep-store';
import type { DestinationId } from '../domain/ids';
import { HOUR_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startTimeSkippingEnv();
  house = await JourneyHarness.start(env);
  await house.syncClock();
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await env?.teardown();
});

const setStatus = (destinationId: DestinationId, status: 'active' | 'paused') =>
  updateDestination(house.db, house.tenant.workspaceId, destinationId, { status });

test('a destination that is paused for ten days in the middle of retries gets its postback afterwards', async () => {
  const destinationId = await house.addDestination({ events: ['first_deposit'] });
  const startMs = await house.syncClock();
  house.sink.answer = async () => {
    if ((await env.currentTimeMs()) - startMs > 5 * HOUR_MS) await setStatus(destinationId, 'paused');
    return { status: 503 };
  };
  const clickRef = await house.click();
  await house.accept({ kind: 'deposit', playerExternalId: 'p-1', money: EUR(4_990n), clickRef });
  await house.settleAll();
  // Whoever tries next finds the pause: the journey has nothing to wait for any more.
  await house.journey(clickRef).result();
  const tried = house.sink.requests.length;
  const postback = () => house.db('postbacks').first('status', 'held_at', 'run');
  expect(await postback()).toMatchObject({ status: 'pending', held_at: expect.any(Date), run: 0 });
  // Five hours of them, and not three days, which are eighty.
  expect(tried).toBeLessThan(20);

  await env.sleep('10 days');
  await house.syncClock();
  house.sink.answer = () => ({ status: 200 });
  await setStatus(destinationId, 'active');
  const limits = { each: 10, limit: 10 };
  await house.db.transaction((trx) => releaseHeldPostbacks(trx, limits, house.clock.nowMs()));
  await house.relay();
  await until('it to be delivered', async () => (await postback())?.status === 'delivered');
  expect(house.sink.requests).toHaveLength(tried + 1);
  const keys = house.sink.requests.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(1);
}, 120_000);
