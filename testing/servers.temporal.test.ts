import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startDevServerEnv, startTimeSkippingEnv } from './temporal-env';

// The first run on a machine fetches the programs, or even builds one.
const fetchingMs = 10 * 60_000;

describe.each([
  ['time-skipping server', startTimeSkippingEnv],
  ['dev server', startDevServerEnv],
])('%s', (_name, start) => {
  let env: TestWorkflowEnvironment | undefined;
  afterEach(async () => {
    await env?.teardown();
    env = undefined;
  });

  it(
    'starts and accepts our search attributes',
    async () => {
      env = await start();
      const handle = await env.client.workflow.start('nobodyRunsThis', {
        workflowId: 'w',
        taskQueue: 'none',
        searchAttributes: { WorkspaceId: ['wsp_1'], JourneyStage: ['waiting'] },
      });
      expect((await handle.describe()).status.name).toBe('RUNNING');
    },
    fetchingMs,
  );
});
