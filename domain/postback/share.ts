import { MINUTE_MS, SECOND_MS } from '../time';

/** Attempts that a healthy destination may have at once, counted over all workers. */
const FULL_SHARE = 8;
const HALVED_EVERY_FAILURES = 5;

/**
 * How many attempts a destination may have at once: eight, halved with every five failures in a row down to one, and
 * all eight again with the next success. One that never answers thus costs a single slot, and is noticed when it does.
 */
export function shareOf(consecutiveFailures: number): number {
  return Math.max(1, Math.floor(FULL_SHARE / 2 ** Math.floor(consecutiveFailures / HALVED_EVERY_FAILURES)));
}

/** Turns of one destination are not nearer to each other, so that those who wait cost ten looks a second at most. */
const LEAST_SPACING_MS = 100;
/**
 * Nor further than this: a turn once given is not brought forward, and a destination that answers again should hear of
 * hundreds within minutes. Whoever comes too early takes another turn.
 */
const MOST_SPACING_MS = SECOND_MS;
/** No turn is further away: so long may a destination that has recovered have places that nobody takes. */
export const FURTHEST_TURN_MS = 15 * MINUTE_MS;

export type Line = {
  readonly nowMs: number;
  /** The latest turn that was given; null when there never was one. */
  readonly lastTurnMs: number | null;
  readonly share: number;
  /** For how long the attempts under way have been so, on average. */
  readonly meanAgeMs: number;
};

/**
 * The next turn in the line of a busy destination. An attempt that is looked at somewhere in its middle has half of its
 * time behind it, so the places of the share become free at intervals of twice the mean age divided by the share.
 */
export function nextTurnMs({ nowMs, lastTurnMs, share, meanAgeMs }: Line): number {
  const spacing = Math.min(Math.max(LEAST_SPACING_MS, (2 * meanAgeMs) / share), MOST_SPACING_MS);
  return Math.min(Math.max(lastTurnMs ?? nowMs, nowMs) + spacing, nowMs + FURTHEST_TURN_MS);
}

/**
 * How many places of the share are open to an attempt. While others wait, one is kept for those that have waited: the
 * line moves however many new ones arrive, and new ones do not stand behind a line that an outage has left.
 */
export function openPlaces(line: Pick<Line, 'nowMs' | 'lastTurnMs' | 'share'>, hasWaited: boolean): number {
  const someoneWaits = line.lastTurnMs !== null && line.lastTurnMs > line.nowMs;
  return someoneWaits && !hasWaited ? line.share - 1 : line.share;
}
