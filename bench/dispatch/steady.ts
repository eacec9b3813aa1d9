/** As many windows in a row say that nothing changes any more. */
export const STEADY_WINDOWS = 3;
const TOLERANCE = 0.1;

/**
 * Whether what was counted in each window has stopped growing: the last three lie within a tenth of each other, or one
 * apart. Small counts are never closer.
 */
export function isSteady(counts: readonly number[]): boolean {
  const last = counts.slice(-STEADY_WINDOWS);
  if (last.length < STEADY_WINDOWS) return false;
  const [least, most] = [Math.min(...last), Math.max(...last)];
  return most - least <= Math.max(1, TOLERANCE * most);
}
