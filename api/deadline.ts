import { AppError } from '../domain/errors';

/**
 * The work's result, or AppError `unavailable` once `ms` have passed. The work itself goes on: whoever uses this
 * must be able to live with an effect that nobody was told of, as idempotent receipts and unseen clicks can.
 */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('unavailable', 'The database did not answer in time.')),
      Math.max(0, ms),
    );
  });
  // The loser of the race must not become an unhandled rejection.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
