import { type Deal, dealInForce } from '../commission/deal';
import { byOwnTime, type ClickTouch, type Fact, type Touch, type ViewTouch } from '../facts';
import type { ClickId, PartnerId } from '../ids';
import { type Attribution, attribute, leadingClick } from './attribute';
import type { AttributionModel } from './models';

/**
 * Ties a player to the touches that brought him, their partners and the deal versions in force, once and for all
 * later events.
 */
export type Binding = {
  readonly event: Fact;
  /** True while no registration is known: the first deposit stands in and is replaced when one arrives. */
  readonly isProvisional: boolean;
  readonly attribution: Attribution;
  /** The credited click that stands for the whole; null when nobody, or only a view, is credited. */
  readonly touch: ClickTouch | null;
  /** The deal of that click's partner. */
  readonly deal: Deal | null;
  /** The deal of every credited partner that has one, pinned to the time of the binding event. */
  readonly deals: ReadonlyMap<PartnerId, Deal>;
  /** The model by which the touches were found, or why there are none. */
  readonly reason: AttributionModel | 'view_through' | NonNullable<Attribution['reason']> | 'unknown_click';
};

/** Every touch that may count: the clicks by id, and the views of the same visitors. */
export type Touches = {
  readonly clicks: ReadonlyMap<ClickId, ClickTouch>;
  readonly views: readonly ViewTouch[];
};

/**
 * Binds on `event`, the only one whose time is held against the windows. Candidates are the clicks named by the
 * player's events up to the binding one, and every other touch of the same visitors; only when they name none may a
 * later event bring the click, so that nobody can take a player over by naming another click after the
 * registration. What a blocked event names is no candidate at all: a forged report would bind the player to the
 * forger.
 */
export function bindPlayer(
  event: Fact,
  isProvisional: boolean,
  facts: readonly Fact[],
  touches: Touches,
  deals: readonly Deal[],
): Binding {
  const named = facts.filter((fact) => fact.clickId !== null && fact.outcome !== 'block');
  const early = named.filter((fact) => byOwnTime(fact, event) <= 0);
  const clickIds = new Set((early.length > 0 ? early : named).flatMap((fact) => fact.clickId ?? []));
  const candidates = touchesOfVisitors(clickIds, touches);
  const attribution = attribute(candidates, event.occurredAtMs);
  const touch = leadingClick(attribution);
  const pinned = new Map<PartnerId, Deal>();
  for (const { touch: credited } of attribution.shares) {
    const deal = dealInForce(deals, credited.partnerId, event.occurredAtMs);
    if (deal !== null) pinned.set(deal.partnerId, deal);
  }
  return {
    event,
    isProvisional,
    attribution,
    touch,
    deal: touch?.partnerId == null ? null : (pinned.get(touch.partnerId) ?? null),
    deals: pinned,
    reason: reasonOf(attribution, candidates.length === 0 && named.length > 0),
  };
}

function reasonOf(attribution: Attribution, isUnknown: boolean): Binding['reason'] {
  switch (attribution.basis) {
    case 'click':
      return attribution.model;
    case 'view':
      return 'view_through';
    case 'none':
      return isUnknown ? 'unknown_click' : (attribution.reason ?? 'no_touch');
  }
}

/** The named clicks, and all other touches of the visitors who made them, each once. */
export function touchesOfVisitors(clickIds: ReadonlySet<ClickId>, { clicks, views }: Touches): Touch[] {
  const named = [...clickIds].flatMap((clickId) => clicks.get(clickId) ?? []);
  const visitors = new Set(named.map(({ visitorId }) => visitorId));
  const viewsOnce = new Map(views.map((view) => [view.impressionId, view]));
  return [...clicks.values(), ...viewsOnce.values()].filter(({ visitorId }) => visitors.has(visitorId));
}
