import type { ClickTouch, Fact } from '../facts';
import type { Books } from '../settlement/books';
import { type SettlementInput, settlePlayer } from '../settlement/settle-player';
import { DAY_MS } from '../time';
import { aTouch, CLICKED_AT_MS, clicksOf } from './facts';

/** A year after the click `aTouch()`: every hold of a test is over by then. */
export const LONG_AFTER_MS = CLICKED_AT_MS + 365 * DAY_MS;

type Given = Partial<Omit<SettlementInput, 'facts' | 'clicks'>> & { readonly clicks?: readonly ClickTouch[] };

/**
 * The books of a player of whom these facts are known. What else is known is at its plainest unless it is given: the
 * click `aTouch()`, no views, no deals, no slots, no rates, and a time long after all.
 */
export function settled(facts: readonly Fact[], { clicks = [aTouch()], ...given }: Given = {}): Books {
  return settlePlayer({
    views: [],
    deals: [],
    nowMs: LONG_AFTER_MS,
    ...given,
    facts,
    clicks: clicksOf(...clicks),
  });
}
