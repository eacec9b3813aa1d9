import { MAX_CLICK_WINDOW_DAYS } from '../attribution/models';
import { DAY_MS, HOUR_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../time';

/** Whoever reports later than this after the longest attribution window reports of nothing that could be credited. */
const GRACE_DAYS = 7;

/** So long what is in quarantine is looked for; then it has expired, stays visible, and is let go by its counterpart or by hand. */
export const LOOKED_FOR_MS = (MAX_CLICK_WINDOW_DAYS + GRACE_DAYS) * DAY_MS;

/** So long an event that names a click of ours waits for that one before rules may look for another. */
const NAMED_CLICK_GRACE_MS = HOUR_MS;

const SHORTEST_PAUSE_MS = MINUTE_MS;
/** Each pause is this part of how long it has waited: some fifty looks in all, however many wait. */
const PAUSE_PER_AGE = 1 / 4;

/** What decides when a waiting event is looked at. */
export type Waiting = {
  readonly quarantinedAtMs: number;
  readonly occurredAtMs: number;
  /** Whether it names a click id of ours. */
  readonly namesClick: boolean;
};

/** From when on an event may be believed: nothing dated later may decide money yet. */
function believableAtMs({ occurredAtMs }: Waiting): number {
  return occurredAtMs - MAX_CLOCK_LEAD_MS;
}

/**
 * When a waiting event is looked at for the first time: at once, because its click may have been recorded while it
 * came; after a pause when rules were asked as it came; when its time has come.
 */
export function firstLookMs(waiting: Waiting, rulesWereAsked: boolean): number {
  const { quarantinedAtMs } = waiting;
  const atMs = Math.max(
    believableAtMs(waiting),
    rulesWereAsked ? quarantinedAtMs + SHORTEST_PAUSE_MS : quarantinedAtMs,
  );
  return Math.min(atMs, quarantinedAtMs + LOOKED_FOR_MS);
}

/**
 * When it is looked at next, after a look that found nothing; null when it has expired. Whatever lets it go comes with a
 * trigger of its own, so a look only finds what a trigger has missed, which happens within moments: the longer it
 * waits, the less often.
 */
export function nextLookMs(waiting: Waiting, nowMs: number): number | null {
  const { quarantinedAtMs, namesClick } = waiting;
  const endMs = quarantinedAtMs + LOOKED_FOR_MS;
  if (nowMs >= endMs) return null;
  if (nowMs < believableAtMs(waiting)) return Math.min(believableAtMs(waiting), endMs);
  const pauseMs = Math.max(SHORTEST_PAUSE_MS, (nowMs - quarantinedAtMs) * PAUSE_PER_AGE);
  const graceOverMs = quarantinedAtMs + NAMED_CLICK_GRACE_MS;
  const isInGrace = namesClick && nowMs < graceOverMs;
  return Math.min(nowMs + pauseMs, isInGrace ? graceOverMs : endMs, endMs);
}

/** Whether rules may look for a click for it: its time has come, and the click that it names has not. */
export function mayAskRules(waiting: Waiting, nowMs: number): boolean {
  if (nowMs < believableAtMs(waiting)) return false;
  return !waiting.namesClick || nowMs >= waiting.quarantinedAtMs + NAMED_CLICK_GRACE_MS;
}
