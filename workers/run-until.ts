import type { Worker } from '@temporalio/worker';

/** Runs the worker until the signal fires, which it may have done before: a process may be stopped while it starts. */
export async function runUntil(worker: Worker, signal: AbortSignal): Promise<void> {
  const shutdown = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = worker.run();
  // A worker that does not run yet cannot be shut down, and one that was made must be before its connection closes.
  if (signal.aborted) shutdown();
  else signal.addEventListener('abort', shutdown, { once: true });
  await running;
}
