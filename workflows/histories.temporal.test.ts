import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { JourneyHarness, quietRuntime } from '../testing/journey-harness';
import { JOURNEY_SHAPES } from '../testing/journey-shapes';
import { startDevServerEnv } from '../testing/temporal-env';

quietRuntime();

const ROOT = join(__dirname, '..');
const HISTORIES = join(ROOT, 'testing', 'histories');

let env: TestWorkflowEnvironment;
let house: JourneyHarness;

beforeAll(async () => {
  env = await startDevServerEnv();
}, 120_000);
afterAll(() => env?.teardown());

beforeEach(async () => {
  house = await JourneyHarness.start(env);
}, 60_000);
afterEach(() => house.stop());

// The Java test server forgives what a real one refuses, so every shape has to run here once.
test.each(JOURNEY_SHAPES)('$name: at most $maxEvents history events on the real server', async (shape) => {
  const workflowId = await shape.run(house);
  const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
  const types = history.events?.map(({ eventType }) => eventType) ?? [];
  expect(types.length).toBeGreaterThan(0);
  expect(types.length).toBeLessThanOrEqual(shape.maxEvents);
  process.stdout.write(`  ${shape.name}: ${types.length} history events\n`);
  if (process.env.RECORD_HISTORIES !== '1') return;
  mkdirSync(HISTORIES, { recursive: true });
  // Where this copy of the product lies is in the stack of a failure, and is nobody's business.
  const text = JSON.stringify(JSON.parse(historyToJSON(history)), null, 1).replaceAll(`${ROOT}/`, '');
  writeFileSync(join(HISTORIES, `${shape.name}.json`), `${text}\n`);
});
