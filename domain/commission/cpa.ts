import type { Deal } from '../facts';
import type { Money } from '../money';

export type CpaDecision =
  | { readonly kind: 'earned'; readonly money: Money; readonly reason: 'first_deposit' }
  | { readonly kind: 'none'; readonly reason: 'below_minimum_deposit' | 'deposit_taken_back' }
  | { readonly kind: 'undecided'; readonly reason: 'currency_mismatch' };

/**
 * What a deal pays for a confirmed first deposit. `remaining` is what chargebacks left of the deposit: nothing
 * left earns nothing, and the minimum is held against it. A deal in another currency than the deposit cannot be
 * judged without a dated rate and waits; it is never taken one to one.
 */
export function decideCpa(deal: Deal, remaining: Money): CpaDecision {
  if (remaining.amountMinor <= 0n) return { kind: 'none', reason: 'deposit_taken_back' };
  if (deal.cpa.currency !== remaining.currency) return { kind: 'undecided', reason: 'currency_mismatch' };
  if (deal.minDeposit !== null) {
    if (deal.minDeposit.currency !== remaining.currency)
      return { kind: 'undecided', reason: 'currency_mismatch' };
    if (remaining.amountMinor < deal.minDeposit.amountMinor)
      return { kind: 'none', reason: 'below_minimum_deposit' };
  }
  return { kind: 'earned', money: deal.cpa, reason: 'first_deposit' };
}
