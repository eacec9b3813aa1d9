/** More than an ordinary link or event has. */
const UNIT_BYTES = 2_048;

/**
 * How many of its sender's share a request takes: one, and one more for each further 2 kB of query or body. What is done
 * for a request grows with what it holds, so who sends much at once has his share as soon as who sends often.
 */
export function workUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / UNIT_BYTES));
}

/** What a body adds to the units that were taken before it was read. */
export function unitsOfBody(bytes: number, bytesBefore = 0): number {
  return workUnits(bytesBefore + bytes) - workUnits(bytesBefore);
}

/**
 * What a report by a stranger costs beyond its bytes: it is judged and settled, which takes a hundred times as long as
 * taking it in. So an address has fifteen of them a second by default, and as many clicks as before.
 */
export const PUBLIC_REPORT_UNITS = 20;
