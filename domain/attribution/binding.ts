import { byOwnTime, type Deal, type Fact, type Touch } from '../facts';
import type { ClickId } from '../ids';
import { latestMeantMs } from './click-window';
import { lastTouch, type TouchChoice } from './last-touch';

/**
 * Ties a player to a click, its partner and the deal version in force, once and for all later events.
 * `reason` says how the touch was found, or why there is none.
 */
export type Binding = {
  readonly event: Fact;
  /** True while no registration is known: the first deposit stands in and is replaced when one arrives. */
  readonly isProvisional: boolean;
  readonly touch: Touch | null;
  readonly deal: Deal | null;
  readonly reason: 'last_touch' | Exclude<TouchChoice, { found: true }>['reason'] | 'unknown_click';
};

/**
 * Binds on `event`, the only one whose time is held against the click window. Candidates are the clicks named by
 * the player's events up to the binding one; only when they name none may a later event bring the click, so that
 * nobody can take a player over by naming another click after the registration. What a blocked event names is no
 * candidate at all: a forged report would bind the player to the forger.
 */
export function bindPlayer(
  event: Fact,
  isProvisional: boolean,
  facts: readonly Fact[],
  clicks: ReadonlyMap<ClickId, Touch>,
  deals: readonly Deal[],
): Binding {
  const named = facts.filter((fact) => fact.clickId !== null && fact.outcome !== 'block');
  const early = named.filter((fact) => byOwnTime(fact, event) <= 0);
  const clickIds = new Set((early.length > 0 ? early : named).map((fact) => fact.clickId));
  const touches = [...clickIds].flatMap((clickId) => {
    const touch = clickId === null ? undefined : clicks.get(clickId);
    return touch === undefined ? [] : [touch];
  });
  const choice = lastTouch(touches, event.occurredAtMs);
  if (!choice.found) {
    const reason = touches.length === 0 && named.length > 0 ? 'unknown_click' : choice.reason;
    return { event, isProvisional, touch: null, deal: null, reason };
  }
  const deal = dealInForce(deals, choice.touch.partnerId, event.occurredAtMs);
  return { event, isProvisional, touch: choice.touch, deal, reason: 'last_touch' };
}

/** The partner's deal version at a time: the latest that had begun; the higher version when two begin together. */
export function dealInForce(
  deals: readonly Deal[],
  partnerId: Deal['partnerId'] | null,
  atMs: number,
): Deal | null {
  let inForce: Deal | null = null;
  for (const deal of deals) {
    if (deal.partnerId !== partnerId || deal.validFromMs > latestMeantMs(atMs)) continue;
    const isNewer =
      inForce === null ||
      deal.validFromMs > inForce.validFromMs ||
      (deal.validFromMs === inForce.validFromMs && deal.version > inForce.version);
    if (isNewer) inForce = deal;
  }
  return inForce;
}
