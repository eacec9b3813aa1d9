/** Where "now" comes from. Passed in everywhere, so tests and workflows decide what time it is. */
export type Clock = { nowMs(): number };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
/** A day is 24 hours: windows never follow a calendar, so daylight saving cannot lengthen or shorten one. */
export const DAY_MS = 24 * HOUR_MS;

/** An event dated further ahead of our clock than this is held (`clock_suspect`) instead of deciding money. */
export const MAX_CLOCK_LEAD_MS = 5 * MINUTE_MS;

export type ParsedInstant = { ok: true; ms: number } | { ok: false; problem: string };

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?$/;
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/**
 * Reads an ISO 8601 instant. A zone (`Z` or an offset) is required: a local time names twenty-four moments.
 * Digits below the millisecond are cut off, never rounded up into the next one.
 */
export function parseInstant(text: string): ParsedInstant {
  const match = INSTANT.exec(text);
  if (!match) return { ok: false, problem: 'must be an ISO 8601 time such as 2026-11-21T10:15:00Z' };
  if (match[8] === undefined) return { ok: false, problem: 'has no time zone; end it with Z or an offset' };
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  const milli = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milli));
  const exists = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day && utc.getUTCHours() === hour;
  if (!exists || minute > 59 || second > 59) return { ok: false, problem: 'is no existing date and time' };
  const offset = offsetMs(match[8]);
  if (offset === null) return { ok: false, problem: 'has an impossible zone offset' };
  const ms = utc.getTime() - offset;
  if (ms < EARLIEST_MS || ms >= LATEST_MS) return { ok: false, problem: 'must lie between 2000 and 2100' };
  return { ok: true, ms };
}

function offsetMs(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
