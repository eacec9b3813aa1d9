import type { Currency } from '../currencies';
import type { Money } from '../money';
import { DAY_MS } from '../time';
import type { Deal } from './deal';

/** A confirmed first deposit as a deal judges it. */
export type FirstDeposit = {
  /** What chargebacks left of it. */
  readonly remaining: Money;
  readonly occurredAtMs: number;
  /** The time of the binding event. */
  readonly boundAtMs: number;
  /** The remaining amount in another currency, by the rate of the deposit's time; null while none is known. */
  readonly inCurrency: (currency: Currency) => Money | null;
};

export type CpaDecision =
  | { readonly kind: 'earned'; readonly money: Money; readonly reason: 'first_deposit' }
  | {
      readonly kind: 'none';
      readonly reason: 'below_minimum_deposit' | 'deposit_taken_back' | 'after_qualification_days';
    }
  | { readonly kind: 'undecided'; readonly reason: 'currency_mismatch' };

/**
 * Whether a deal's fixed amount is earned by a confirmed first deposit. Nothing left of it earns nothing, and the
 * minimum is held against what is left. A deal in another currency than the deposit cannot be judged without a dated
 * rate and waits; it is never taken one to one.
 */
export function decideCpa(
  cpa: Money,
  { minDeposit, qualificationDays }: Pick<Deal, 'minDeposit' | 'qualificationDays'>,
  { remaining, occurredAtMs, boundAtMs, inCurrency }: FirstDeposit,
): CpaDecision {
  if (remaining.amountMinor <= 0n) return { kind: 'none', reason: 'deposit_taken_back' };
  if (qualificationDays !== null && occurredAtMs > boundAtMs + qualificationDays * DAY_MS) {
    return { kind: 'none', reason: 'after_qualification_days' };
  }
  if (inCurrency(cpa.currency) === null) return { kind: 'undecided', reason: 'currency_mismatch' };
  if (minDeposit !== null) {
    const comparable = inCurrency(minDeposit.currency);
    if (comparable === null) return { kind: 'undecided', reason: 'currency_mismatch' };
    if (comparable.amountMinor < minDeposit.amountMinor) {
      return { kind: 'none', reason: 'below_minimum_deposit' };
    }
  }
  return { kind: 'earned', money: cpa, reason: 'first_deposit' };
}
