import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadJob, LoadResult } from './load-job';

export type RunningLoad = {
  /** Rejects when the generator ends without one. */
  readonly result: Promise<LoadResult>;
  /** Sends nothing more; the result of what was sent follows. */
  stop(): void;
};

/** Starts a load generator in a process of its own, so that it never waits for what else this one does. */
export function startLoad(job: LoadJob, signal: AbortSignal): RunningLoad {
  const child = fork(join(__dirname, 'load-process.js'), { serialization: 'advanced' });
  const end = (): void => {
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', end, { once: true });
  const ended = once(child, 'exit').then(([code, by]) => {
    throw new Error(`The load generator ended without a result (${String(code ?? by)}).`);
  });
  const answered = once(child, 'message').then(([result]) => result as LoadResult);
  child.send(job);
  return {
    result: Promise.race([answered, ended]).finally(() => signal.removeEventListener('abort', end)),
    stop: () => void child.send('stop'),
  };
}

export function runLoad(job: LoadJob, signal: AbortSignal): Promise<LoadResult> {
  return startLoad(job, signal).result;
}
