import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { EUR, JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { startDevServerEnv } from '../testing/temporal-env';
import { until } from '../testing/until';

quietRuntime();

/** So few events make a history long here; a real server asks at thousands. */
const LONG_HISTORY = 30;

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startDevServerEnv({ 'limit.historyCount.suggestContinueAsNew': String(LONG_HISTORY) });
}, 120_000);
afterAll(() => env?.teardown());
beforeEach(async () => {
  house = await JourneyHarness.start(env);
}, 60_000);
afterEach(() => house.stop());

test('events of a player with a long history pass a delivery that a destination keeps waiting', async () => {
  await house.addDestination({ events: ['deposit'] });
  house.sink.answer = () => ({ status: 503 });
  const clickRef = await house.click();
  const deposit = { kind: 'deposit', playerExternalId: 'p', money: EUR(4_990n) } as const;
  await house.accept({ ...deposit, clickRef });
  await house.settleAll();
  // Of his later life, whatever waits for the first deposit's own postbacks.
  await house.db('clicks').update({ closed_at: new Date() });
  const [workflowId = ''] = await house.playerWorkflowIds();
  for (let index = 0; index < 6; index += 1) {
    await house.accept(deposit);
    await house.settleAll();
  }
  expect(await house.historyLength(workflowId)).toBeGreaterThan(LONG_HISTORY);

  house.sink.answer = () => ({ status: 200 });
  await until('everything to be delivered', async () => {
    const open = await house.db('postbacks').whereNot('status', 'delivered').first();
    return open === undefined;
  });
  await house.accept(deposit);
  await house.settleAll();
  await env.client.workflow.getHandle(workflowId).result();
  const urls = house.sink.requests.map(({ url }) => url);
  expect(new Set(urls).size).toBe(await house.db('postbacks').then((rows) => rows.length));
}, 120_000);
