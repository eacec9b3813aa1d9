import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { mintId } from '../db/mint-id';
import type { JourneyTarget } from '../db/stores/dispatch-store';
import { DAY_MS } from '../domain/time';
import { startDevServerEnv } from '../testing/temporal-env';
import { createWorkflowStarter, type WorkflowStarter } from './workflow-starter';

/** Of one run; a server takes 10,000 by itself. */
const SIGNALS = 3;

let env: TestWorkflowEnvironment;
let starter: WorkflowStarter;
const nowMs = Date.now();

beforeAll(async () => {
  env = await startDevServerEnv({ 'history.maximumSignalsPerExecution': String(SIGNALS) });
  starter = createWorkflowStarter(env.client);
}, 120_000);
afterAll(() => env?.teardown());

const workspaceId = mintId('wsp', nowMs);
/** What the real server answers, one call after the other. */
async function outcomes<T>(call: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let index = 0; index <= SIGNALS; index += 1) answers.push(await call());
  return answers;
}

test('the real server’s refusal of a signal too many is told as a full run, for journeys and players', async () => {
  const target: JourneyTarget = {
    ...{ clickId: mintId('clk', nowMs), campaignId: mintId('cmp', nowMs), partnerId: null },
    ...{ expiresAtMs: nowMs + DAY_MS, isClosed: false },
  };
  const expected = [...Array.from({ length: SIGNALS }, () => 'taken'), 'full'];
  expect(await outcomes(() => starter.signalJourney(workspaceId, target, mintId('evt', nowMs)))).toEqual(
    expected,
  );
  const playerId = mintId('ply', nowMs);
  expect(await outcomes(() => starter.signalPlayer(workspaceId, playerId, mintId('evt', nowMs)))).toEqual(
    expected,
  );
  // The sweep settles what no timer has.
  await starter.setPlayerTimer(workspaceId, playerId, nowMs + DAY_MS);
}, 60_000);
