import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { replayDeadLetters } from '../db/stores/dead-letter-replay-store';
import { updateDestination } from '../db/stores/destination-store';
import type { ClickId, DestinationId } from '../domain/ids';
import { DAY_MS } from '../domain/time';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { postbackWorkflowId } from './postback/contract';

quietRuntime();

let env: TestWorkflowEnvironment;
let house: JourneyHarness;
let destinationId: DestinationId;

beforeAll(async () => {
  env = await startTimeSkippingEnv();
}, 120_000);
afterAll(() => env?.teardown());

beforeEach(async () => {
  house = await JourneyHarness.start(env);
  await house.syncClock();
  destinationId = await house.addDestination({ events: ['first_deposit'] });
  house.sink.answer = () => ({ status: 503 });
}, 60_000);
afterEach(() => house.stop());

const change = (given: Parameters<typeof updateDestination>[3]) =>
  updateDestination(house.db, house.tenant.workspaceId, destinationId, given);
const postbacks = () => house.db('postbacks').select('status', 'dead_reason', 'run').orderBy('postback_id');

async function deposit(player: string): Promise<ClickId> {
  const clickRef = await house.click();
  await house.accept({ kind: 'deposit', playerExternalId: player, money: EUR(4_990n), clickRef });
  await house.settleAll();
  return clickRef;
}

test('a destination that fails too often is given up in the middle of a delivery, and gets no more attempts', async () => {
  await change({ failureLimits: { warnEveryFailures: 2, disableAfterFailures: 4, disableAfterHours: 0 } });
  const clickRef = await deposit('p-1');
  await house.journey(clickRef).result();
  expect(house.sink.requests).toHaveLength(4);
  expect(await postbacks()).toEqual([{ status: 'dead', dead_reason: 'destination_disabled', run: 0 }]);
  await house.journey(await deposit('p-2')).result();
  expect(house.sink.requests).toHaveLength(4);
  expect(await postbacks()).toHaveLength(2);
});

test('by default it is tried for the three days; what comes then disables it, and a replay delivers all', async () => {
  const clickRef = await deposit('p-1');
  await house.journey(clickRef).result();
  expect(await postbacks()).toEqual([{ status: 'dead', dead_reason: 'retries_exhausted', run: 0 }]);
  const row = async () => house.db('destinations').first('status', 'consecutive_failures', 'disabled_reason');
  expect((await row()).status).toBe('active');
  expect((await row()).consecutive_failures).toBeGreaterThan(20);
  await env.sleep(DAY_MS);
  await house.syncClock();
  await house.journey(await deposit('p-2')).result();
  expect(await row()).toMatchObject({ status: 'disabled', disabled_reason: 'consecutive_failures' });
  await change({ status: 'active' });
  house.sink.answer = () => ({ status: 200 });
  const { workspaceId } = house.tenant;
  const { queued } = await house.db.transaction((trx) =>
    replayDeadLetters(trx, workspaceId, {}, 10, house.clock.nowMs()),
  );
  await house.relay();
  for (const { postbackId, run } of queued) {
    await env.client.workflow.getHandle(postbackWorkflowId(workspaceId, postbackId, run)).result();
  }
  const delivered = { status: 'delivered', dead_reason: null, run: 1 };
  expect(await postbacks()).toEqual([delivered, delivered]);
});
