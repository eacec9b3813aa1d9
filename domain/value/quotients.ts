import type { Currency } from '../currencies';
import { divideHalfAwayFromZero, type Money } from '../money';
import { totalOf, type ValueSum } from './sum';

/** Counts are parts per million, because a conversion may be credited to several touches. */
export const ONE_PPM = 1_000_000n;
const RATIO_DECIMALS = 4;
const RATIO_SCALE = 10n ** BigInt(RATIO_DECIMALS);

/**
 * Spend by a number of conversions, rounded once: the CPA metric by first depositors, the cost per valuable deposit by
 * those. Null when no spend was recorded, when there is nobody to divide it by, or when it has no common currency.
 */
export function costPer(spend: ValueSum, countPpm: bigint): Money | null {
  if (countPpm <= 0n) return null;
  const currency = commonCurrency(spend);
  const amountMinor = amountIn(spend, currency);
  if (amountMinor === null) return null;
  return { amountMinor: divideHalfAwayFromZero(amountMinor * ONE_PPM, countPpm), currency };
}

/**
 * Return on spend, as a decimal of four places; null without spend or without a common currency. Returns of which none
 * were recorded are `zero` when we would know of them, as of deposits, and `unknown` when others supply them, as NGR.
 */
export function returnOn(spend: ValueSum, returns: ValueSum, whenNone: 'zero' | 'unknown'): string | null {
  const currency = commonCurrency(spend, returns);
  const isNone = returns.byCurrency.size === 0 && whenNone === 'zero';
  const [spent, returned] = [amountIn(spend, currency), isNone ? 0n : amountIn(returns, currency)];
  return spent === null || returned === null ? null : ratio(returned, spent);
}

/** A quotient as a decimal of four places, rounded half away from zero; null by zero or less. */
export function ratio(numerator: bigint, denominator: bigint): string | null {
  if (denominator <= 0n) return null;
  const scaled = divideHalfAwayFromZero(numerator * RATIO_SCALE, denominator);
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(RATIO_DECIMALS + 1, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -RATIO_DECIMALS)}.${digits.slice(-RATIO_DECIMALS)}`;
}

/** The only currency that occurs, which needs no rate; else the reporting currency. */
function commonCurrency(first: ValueSum, ...others: readonly ValueSum[]): Currency {
  const [only, ...further] = new Set([first, ...others].flatMap((sum) => [...sum.byCurrency.keys()]));
  return only !== undefined && further.length === 0 ? only : first.reporting;
}

/** Null when nothing was recorded at all, which is not the same as zero, or when a rate is missing. */
function amountIn(sum: ValueSum, currency: Currency): bigint | null {
  if (sum.byCurrency.size === 0) return null;
  const alone = sum.byCurrency.size === 1 ? sum.byCurrency.get(currency) : undefined;
  return alone ?? totalOf(sum);
}
