import { MINUTE_MS } from '../time';

/** Velocity is counted in minutes of the subject's own time. */
export const VELOCITY_WINDOW_MS = MINUTE_MS;

/** What a key has counted in the minute of a moment, up to that moment, and in the whole minute before. */
export type MinuteCounts = {
  readonly previous: number;
  readonly current: number;
  /** How much of the current minute has gone. */
  readonly elapsedMs: number;
};

/**
 * About how many there were in the minute that ends now: of the minute before counts as much as still reaches into
 * it. 86 before and 12 now, a quarter of the minute gone, are 76.5.
 */
export function slidingCount({ previous, current, elapsedMs }: MinuteCounts): number {
  return (previous * (VELOCITY_WINDOW_MS - elapsedMs)) / VELOCITY_WINDOW_MS + current;
}
