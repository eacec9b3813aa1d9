import { ALLOWED, type Verdict } from './verdict';

export const EVENT_RULES_VERSION = 1;

/** What the rules may know of an event. */
export type EventEvidence = {
  /** The verdict on the click that the event names; null without a known click. */
  readonly clickVerdict: Verdict | null;
};

/** Judges an event. An event on a doubtful click is as doubtful as its click, for the same reasons. */
export function judgeEvent({ clickVerdict }: EventEvidence): Verdict {
  return clickVerdict ?? ALLOWED;
}
