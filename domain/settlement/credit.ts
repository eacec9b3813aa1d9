import { type Attribution, attribute, type LosingTouch, type Share } from '../attribution/attribute';
import { type Binding, type Touches, touchesOfVisitors } from '../attribution/binding';
import { type Credit, shareCredit } from '../attribution/credits';
import type { AttributionModel } from '../attribution/models';
import type { Fact } from '../facts';
import type { Money } from '../money';

/** Who is credited with an event, and by what; or why nobody is. */
export type Crediting = {
  readonly model: AttributionModel;
  readonly shares: readonly Share[];
  readonly losing: readonly LosingTouch[];
  /** Null when somebody is credited, and when nothing was asked. */
  readonly reason: string | null;
};

export const UNCREDITED: Crediting = { model: 'last_touch', shares: [], losing: [], reason: null };

/** As the player is bound; `isOwnEvent` when the event is the one that bound him. */
export function creditByBinding(binding: Binding | null, isOwnEvent: boolean): Crediting {
  if (binding === null) return UNCREDITED;
  const { attribution, reason } = binding;
  const isCredited = attribution.shares.length > 0;
  return {
    model: attribution.model,
    shares: attribution.shares,
    losing: isOwnEvent ? attribution.losing : [],
    reason: isCredited ? null : reason,
  };
}

/**
 * An event that stands alone: by the touches of the visitor whose click it names, if a window holds it; else, once
 * the player is bound, as he is bound.
 */
export function creditAlone(fact: Fact, touches: Touches, binding: Binding | null): Crediting {
  const own = fact.clickId === null ? [] : touchesOfVisitors(new Set([fact.clickId]), touches);
  const attribution: Attribution = attribute(own, fact.occurredAtMs);
  if (attribution.shares.length > 0) return { ...attribution, reason: null };
  const isBound = binding !== null && binding.attribution.shares.length > 0;
  if (isBound && fact.occurredAtMs >= binding.event.occurredAtMs) return creditByBinding(binding, false);
  const isUnknown = own.length === 0 && fact.clickId !== null;
  return { ...attribution, reason: isUnknown ? 'unknown_click' : attribution.reason };
}

export function creditsOf({ shares }: Crediting, value: Money | null): readonly Credit[] {
  return shareCredit(shares, value);
}
