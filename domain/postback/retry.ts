import { DAY_MS, HOUR_MS, SECOND_MS } from '../time';
import { FURTHEST_TURN_MS } from './share';

/** How long one postback is tried before it becomes a dead letter. */
export const DELIVERY_HORIZON_MS = 3 * DAY_MS;

const BASE_DELAY_MS = 5 * SECOND_MS;
const MAX_BACKOFF_MS = HOUR_MS;
/** A destination may ask for more patience than our backoff, but one header must not end three days of delivery. */
const MAX_RETRY_AFTER_MS = 6 * HOUR_MS;
/** Kept free before the deadline so that the last attempt can still run (10 s request and its bookkeeping). */
const LAST_ATTEMPT_RESERVE_MS = 15 * SECOND_MS;

export type RetryInput = {
  /** Number of the attempt that just failed, counted from 1 in its run; waiting for a turn counts for nothing. */
  attempt: number;
  /** A random number in [0, 1), given by the caller because this module has no randomness. */
  random01: number;
  /** What the destination asked for. */
  retryAfterMs?: number | undefined;
  /** Time left until the delivery deadline. */
  remainingMs: number;
};

export type RetryDecision = { kind: 'retry'; delayMs: number } | { kind: 'give_up' };

/**
 * When to try again after a failed attempt:
 *
 *     backoff = min(5 s × 2^(attempt−1), 1 h) × (0.75 + 0.5 × random01)
 *     delay   = min(max(backoff, min(retryAfter, 6 h)), remaining − 15 s)
 *
 * | failed attempt | 1 | 2 | 3 | 4 | 5 | 8 | 10 | 11 and later |
 * |---|---|---|---|---|---|---|---|---|
 * | middle | 5 s | 10 s | 20 s | 40 s | 80 s | 640 s | 2 560 s | 3 600 s |
 * | from | 3.75 s | 7.5 s | 15 s | 30 s | 60 s | 480 s | 1 920 s | 2 700 s |
 * | to (exclusive) | 6.25 s | 12.5 s | 25 s | 50 s | 100 s | 800 s | 3 200 s | 4 500 s |
 *
 * Three days hold about 80 attempts. The jitter keeps the postbacks of one outage from returning in step. When the
 * delay would pass the deadline it is shortened to one last attempt just before it; when not even the base delay
 * fits, delivery gives up.
 */
export function nextRetryDelayMs(input: RetryInput): RetryDecision {
  const latest = input.remainingMs - LAST_ATTEMPT_RESERVE_MS;
  if (latest < BASE_DELAY_MS) return { kind: 'give_up' };
  const middle = Math.min(BASE_DELAY_MS * 2 ** (input.attempt - 1), MAX_BACKOFF_MS);
  const backoff = middle * (0.75 + 0.5 * input.random01);
  const asked = Math.min(input.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return { kind: 'retry', delayMs: Math.round(Math.min(Math.max(backoff, asked), latest)) };
}

export type TurnInput = Pick<RetryInput, 'random01' | 'remainingMs'> & {
  /** When the destination has a turn for it. */
  readonly turnInMs: number;
};

/**
 * When to ask again for a turn at a busy destination. Turns near by are apart from each other; those at the end of a
 * long line would all be the same one, and are spread over the second half of it.
 */
export function nextTurnDelayMs({ turnInMs, random01, remainingMs }: TurnInput): RetryDecision {
  const latest = remainingMs - LAST_ATTEMPT_RESERVE_MS;
  if (latest < BASE_DELAY_MS) return { kind: 'give_up' };
  const spread = turnInMs < FURTHEST_TURN_MS ? turnInMs : turnInMs * (0.5 + 0.5 * random01);
  return { kind: 'retry', delayMs: Math.round(Math.min(spread, latest)) };
}
