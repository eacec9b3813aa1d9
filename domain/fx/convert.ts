import { type Currency, minorUnitExponent } from '../currencies';
import { divideHalfAwayFromZero, type Money } from '../money';
import { type AppliedRate, type FxRate, rateAt } from './rate';

/**
 * An amount in the other currency of a rate, exact until it is rounded once, half away from zero, to that currency's
 * minor unit.
 */
export function convert(money: Money, rate: AppliedRate): Money {
  if (money.currency !== rate.from) throw new Error(`${money.currency} by a rate of ${rate.from}`);
  const numerator = money.amountMinor * rate.numerator * unitsOf(rate.to);
  const amountMinor = divideHalfAwayFromZero(numerator, rate.denominator * unitsOf(rate.from));
  return { amountMinor, currency: rate.to };
}

/** An amount in another currency, and by what it was converted. */
export type Converted = {
  readonly money: Money;
  readonly rate: string;
  readonly source: string;
  readonly ratedAtMs: number;
};

/** Converts by the rate among these that was in force at a time; null while none is known. */
export function exchangeBy(
  rates: readonly FxRate[],
): (money: Money, to: Currency, atMs: number) => Converted | null {
  return (money, to, atMs) => {
    const applied = rateAt(rates, money.currency, to, atMs);
    if (applied === null) return null;
    const { rate, source, ratedAtMs } = applied;
    return { money: convert(money, applied), rate, source, ratedAtMs };
  };
}

function unitsOf(currency: Currency): bigint {
  return 10n ** BigInt(minorUnitExponent(currency));
}
