import { type CapPeriod, type Deal, hasCaps } from '../commission/deal';
import type { DeservedLine } from '../commission/line';
import type { FactIdentity } from '../facts';
import type { DealId } from '../ids';

/**
 * Whether a deal pays for the player at all: decided once, under the lock of the deal's counters, and never again.
 * A slot is the player's, not a conversion's, so nothing that arrives later can spend a second one.
 */
export type SlotDecision =
  | { readonly isGranted: true }
  | { readonly isGranted: false; readonly cap: CapPeriod };

/** The player's first conversion that a capped deal should pay for, by its own time. */
export type SlotRequest = { readonly deal: Deal; readonly atMs: number };

/** What caps must know of a conversion. */
type Earning = {
  readonly fact: FactIdentity;
  readonly lines: readonly DeservedLine[];
  readonly inputs: string;
};

/**
 * Holds the lines of capped deals against the player's slots. A line without a decision is worth nothing yet and asks
 * for one; over a cap it stays worth nothing and says which. Expects the conversions in the order of their own time.
 */
export function withCaps<C extends Earning>(
  conversions: readonly C[],
  deals: ReadonlyMap<DealId, Deal>,
  slots: ReadonlyMap<DealId, SlotDecision>,
): { readonly conversions: readonly C[]; readonly requests: readonly SlotRequest[] } {
  const requests = new Map<DealId, SlotRequest>();
  const judged = conversions.map((conversion): C => {
    const decided: string[] = [];
    const lines = conversion.lines.map((line) => {
      const deal = deals.get(line.dealId);
      if (deal === undefined || !hasCaps(deal) || line.amountMinor === 0n) return line;
      const slot = slots.get(line.dealId);
      if (slot === undefined && !requests.has(line.dealId)) {
        requests.set(line.dealId, { deal, atMs: conversion.fact.occurredAtMs });
      }
      const reason = slotReason(slot);
      decided.push(`${line.dealId} ${reason ?? 'granted'}`);
      return reason === null ? line : { ...line, amountMinor: 0n, reason };
    });
    if (decided.length === 0) return conversion;
    return { ...conversion, lines, inputs: `${conversion.inputs} slots ${decided.join(', ')}` };
  });
  return { conversions: judged, requests: [...requests.values()] };
}

/** Why a slot pays nothing; null when it pays. */
function slotReason(slot: SlotDecision | undefined): string | null {
  if (slot === undefined) return 'cap_undecided';
  return slot.isGranted ? null : `${slot.cap}_cap_reached`;
}
