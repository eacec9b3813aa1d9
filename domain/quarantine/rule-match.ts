import { positionInWindow } from '../attribution/click-window';
import type { ClickId, QuarantineRuleId } from '../ids';

/** A click whose field says the same as the event's, by one rule. */
export type RuleCandidate = {
  readonly ruleId: QuarantineRuleId;
  readonly clickId: ClickId;
  readonly clickedAtMs: number;
  readonly expiresAtMs: number;
};

/** `found` counts the clicks that speak for themselves with equal right; never one. */
export type RuleMatch =
  | { readonly outcome: 'matched'; readonly ruleId: QuarantineRuleId; readonly clickId: ClickId }
  | { readonly outcome: 'unmatched'; readonly found: number };

/** A value that so many clicks share tells none of them; no more are looked at. */
export const MAX_CANDIDATES = 100;

/**
 * Which click an event belongs to. A rule speaks when it finds exactly one click in whose window the event's own time
 * lies; when all that speak name one click, it is matched, by the oldest of them. Rules that contradict each other
 * match nothing, whatever their order, because money follows.
 */
export function decideMatch(candidates: readonly RuleCandidate[], occurredAtMs: number): RuleMatch {
  const clicksOf = new Map<QuarantineRuleId, Set<ClickId>>();
  for (const candidate of candidates) {
    const span = { fromMs: candidate.clickedAtMs, untilMs: candidate.expiresAtMs };
    if (positionInWindow(span, occurredAtMs) !== 'inside') continue;
    const clicks = clicksOf.get(candidate.ruleId) ?? new Set();
    clicksOf.set(candidate.ruleId, clicks.add(candidate.clickId));
  }
  const speaking = [...clicksOf].filter(([, clicks]) => clicks.size === 1);
  const named = new Set(speaking.flatMap(([, clicks]) => [...clicks]));
  const [clickId] = named;
  if (named.size > 1 || clickId === undefined)
    return { outcome: 'unmatched', found: foundBy(clicksOf, named) };
  // Rule ids are time-sortable.
  const [ruleId] = speaking.map(([id]) => id).sort();
  if (ruleId === undefined) throw new Error('a click was named by no rule');
  return { outcome: 'matched', ruleId, clickId };
}

function foundBy(
  clicksOf: ReadonlyMap<QuarantineRuleId, ReadonlySet<ClickId>>,
  named: ReadonlySet<ClickId>,
): number {
  if (named.size > 1) return named.size;
  return Math.min(MAX_CANDIDATES, new Set([...clicksOf.values()].flatMap((clicks) => [...clicks])).size);
}

/** What the rules found, as it is stored and shown: `no_click`, or `ambiguous: 2 clicks`. */
export function ruleNote(found: number): string {
  if (found === 0) return 'no_click';
  return `ambiguous: ${found >= MAX_CANDIDATES ? 'at least ' : ''}${found} clicks`;
}
