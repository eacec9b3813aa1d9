import { setTimeout as delay } from 'node:timers/promises';
import { classifyDbError } from './pg-errors';

/** Of one piece of work in all: what is in somebody's way for a third time had better wait where it came from. */
export const TRIES = 3;

const LONGEST_PAUSE_MS = 30;

/** Of random length, so that two who were in each other's way are not again. */
export async function pauseBeforeAgain(): Promise<void> {
  await delay(Math.random() * LONGEST_PAUSE_MS);
}

/**
 * Does the work, and does it over a few times while Postgres gives up nothing but the try; `alsoWhenAway` for what would
 * be lost with it, also while no connection is had. All of it, or none, is done.
 */
export async function tryAgain<Result>(
  work: () => Promise<Result>,
  { alsoWhenAway = false }: { readonly alsoWhenAway?: boolean } = {},
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const trouble = classifyDbError(error);
      if (tries === TRIES || trouble === 'this_row' || (trouble === 'away' && !alsoWhenAway)) throw error;
    }
    await pauseBeforeAgain();
  }
}
