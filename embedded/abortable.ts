import { once } from 'node:events';

/** The start was given up because its signal fired. */
export class StartAbortedError extends Error {
  override readonly name = 'StartAbortedError';
  constructor() {
    super('The start was interrupted');
  }
}

/**
 * Runs the work, but rejects with StartAbortedError as soon as the signal fires; the work itself goes on unseen, and
 * whoever started it stops what it has started.
 */
export async function untilAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return work();
  if (signal.aborted) throw new StartAbortedError();
  const finished = new AbortController();
  const aborted = once(signal, 'abort', { signal: finished.signal }).then(
    () => {
      throw new StartAbortedError();
    },
    // The work was faster, and nobody waits here any more.
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    finished.abort();
  }
}
