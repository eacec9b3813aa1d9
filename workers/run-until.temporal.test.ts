import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { quietRuntime } from '../testing/journey-harness';
import { startDevServerEnv } from '../testing/temporal-env';
import { until } from '../testing/until';
import { runUntil } from './run-until';

quietRuntime();

let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await startDevServerEnv();
}, 120_000);
afterAll(() => env?.teardown());

function createWorker(): Promise<Worker> {
  const activities = { nothing: async () => undefined };
  return Worker.create({ connection: env.nativeConnection, taskQueue: 'nothing', activities });
}

describe('a worker that is told to stop', () => {
  it('while it runs, ends', async () => {
    const stop = new AbortController();
    const worker = await createWorker();
    const running = runUntil(worker, stop.signal);
    await until('the worker to run', async () => worker.getState() === 'RUNNING');
    stop.abort();
    await running;
    expect(worker.getState()).toBe('STOPPED');
  });

  it('while it was still being made, ends, too', async () => {
    const worker = await createWorker();
    await runUntil(worker, AbortSignal.abort());
    expect(worker.getState()).toBe('STOPPED');
  });
});
