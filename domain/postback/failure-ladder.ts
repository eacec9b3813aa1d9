import { HOUR_MS } from '../time';

/** When a destination that keeps failing is warned about, and when it is given up. */
export type FailureLimits = {
  /** A warning at every so many consecutive failures, as long as they are fewer than those that disable. */
  readonly warnEveryFailures: number;
  readonly disableAfterFailures: number;
  /** However many have failed, a destination is given so long from its first failure. */
  readonly disableAfterHours: number;
};

/**
 * Warned about at 5, 10 and 15 failures and disabled at 20, when nothing has succeeded for the three days for which a
 * delivery is tried. The time is needed because failures come as fast as postbacks do: to a busy destination a
 * restart of two minutes costs twenty.
 */
export const DEFAULT_FAILURE_LIMITS: FailureLimits = {
  warnEveryFailures: 5,
  disableAfterFailures: 20,
  disableAfterHours: 72,
};

/** Failed attempts of a destination, one after another and none successful, the latest included. */
export type FailureStreak = { readonly failures: number; readonly sinceMs: number };

export type LadderStep = 'none' | 'warn' | 'disable';

/** What the latest failure of a streak leads to. Each number of failures is reached once, so each warning comes once. */
export function ladderStep(streak: FailureStreak, limits: FailureLimits, nowMs: number): LadderStep {
  if (streak.failures >= limits.disableAfterFailures) {
    return nowMs - streak.sinceMs >= limits.disableAfterHours * HOUR_MS ? 'disable' : 'none';
  }
  return streak.failures % limits.warnEveryFailures === 0 ? 'warn' : 'none';
}
