import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { breakAssessment } from '../testing/broken-assessment';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startTimeSkippingEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

/** What a journey may have written while its event cannot be assessed, for however long that is. */
const MAX_HISTORY_EVENTS = 15;
/** More tries than are made within the workflow task, so that the last of them was an activity's. */
const TRIES_BEYOND_LOCAL = 6;

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

test('an event that cannot be assessed for hours costs no history, and is settled when it can', async () => {
  const broken = await breakAssessment(house.db);
  const clickRef = await house.click();
  await house.accept({ kind: 'deposit', playerExternalId: 'p-1', money: EUR(4_990n), clickRef });
  await house.relay();
  const journey = house.journey(clickRef);
  await until('it to be tried as an activity', async () => (await broken.tries()) >= TRIES_BEYOND_LOCAL);

  await env.sleep('1 hour');
  const afterOneHour = await house.historyLength(journey.workflowId);
  const triesOfOneHour = await broken.tries();
  await env.sleep('5 hours');
  expect(await house.historyLength(journey.workflowId)).toBe(afterOneHour);
  expect(afterOneHour).toBeLessThanOrEqual(MAX_HISTORY_EVENTS);
  // It has been tried all the while.
  expect(await broken.tries()).toBeGreaterThan(4 * triesOfOneHour);

  await broken.mend();
  expect(await journey.result()).toEqual({ outcome: 'converted', events: 1 });
  expect(Object.values(await house.balances()).sort()).toEqual(['-5000', '5000']);
}, 120_000);
