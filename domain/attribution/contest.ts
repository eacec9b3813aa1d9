import type { ClickTouch } from '../facts';
import { SECOND_MS } from '../time';
import { latestMeantMs } from './click-window';

/**
 * One partner's click between another's and the event: somebody brought the visitor, and somebody else came last.
 * It is always recorded; it is refused the credit only when it came so shortly before the event that no person can
 * have gone through the second partner's page.
 */
export type Contest = {
  /** The first click of any partner in the window: it is protected until the player is bound. */
  readonly protected: ClickTouch;
  readonly challenger: ClickTouch;
  /** From the challenger to the event. */
  readonly gapMs: number;
  readonly isRefused: boolean;
  readonly reason: 'overwritten_before_registration' | 'click_just_before_event';
};

/** Fifteen seconds: the usual least time from click to conversion that trackers accept. */
export const LEAST_GAP_MS = 15 * SECOND_MS;

/** The contests of a path of credible clicks inside their windows, oldest first. */
export function findContests(path: readonly ClickTouch[], occurredAtMs: number): readonly Contest[] {
  const first = path.find(({ partnerId }) => partnerId !== null);
  if (first === undefined) return [];
  return path
    .slice(path.indexOf(first) + 1)
    .filter(({ partnerId }) => partnerId !== null && partnerId !== first.partnerId)
    .map((challenger) => {
      const gapMs = Math.max(0, latestMeantMs(occurredAtMs) - challenger.clickedAtMs);
      const isRefused = gapMs < LEAST_GAP_MS;
      const reason = isRefused ? 'click_just_before_event' : 'overwritten_before_registration';
      return { protected: first, challenger, gapMs, isRefused, reason };
    });
}
