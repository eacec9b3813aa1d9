import { DAY_MS, SECOND_MS } from '../time';

/** A span in which events belong to something: its first and its last millisecond. */
export type WindowSpan = { readonly fromMs: number; readonly untilMs: number };

export type WindowPosition = 'inside' | 'before_touch' | 'after_window';

/** The last millisecond of a click's window: W days are W × 24 hours, whatever a calendar says. */
export function windowEndMs(clickedAtMs: number, windowDays: number): number {
  return clickedAtMs + windowDays * DAY_MS;
}

/**
 * Where an event's own time lies in a touch's window; both ends belong to it. A time in whole seconds names a
 * second, not its first millisecond, so an event of the click's own second did not happen before the click.
 */
export function positionInWindow({ fromMs, untilMs }: WindowSpan, occurredAtMs: number): WindowPosition {
  if (latestMeantMs(occurredAtMs) < fromMs) return 'before_touch';
  return occurredAtMs <= untilMs ? 'inside' : 'after_window';
}

/** The latest millisecond that a reported time may stand for: the end of its second when it has no fraction. */
export function latestMeantMs(occurredAtMs: number): number {
  return occurredAtMs % SECOND_MS === 0 ? occurredAtMs + SECOND_MS - 1 : occurredAtMs;
}
