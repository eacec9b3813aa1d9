import type { Currency } from '../currencies';
import { convert } from '../fx/convert';
import { applyRate, type FxRate } from '../fx/rate';

/** Amounts of one currency that share a rate, already added up. */
export type Amounts = {
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** The rate in force at their time; null when none is needed, because it is the reporting currency, or none is known. */
  readonly rate: FxRate | null;
  /** How many they are. */
  readonly count: number;
};

/** Amounts per currency, and together in the reporting currency. */
export type ValueSum = {
  readonly byCurrency: ReadonlyMap<Currency, bigint>;
  readonly reporting: Currency;
  /** What could be converted, in the reporting currency. */
  readonly convertedMinor: bigint;
  /** How many amounts have no known rate. */
  readonly missing: number;
};

export function emptySum(reporting: Currency): ValueSum {
  return { byCurrency: new Map(), reporting, convertedMinor: 0n, missing: 0 };
}

/** The sum with more amounts. They are converted together: amounts that share a rate are rounded once. */
export function addAmounts(sum: ValueSum, amounts: Amounts): ValueSum {
  const { currency, amountMinor } = amounts;
  const byCurrency = new Map(sum.byCurrency);
  byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + amountMinor);
  const converted = inReporting(amounts, sum.reporting);
  return {
    ...sum,
    byCurrency,
    convertedMinor: sum.convertedMinor + (converted ?? 0n),
    missing: sum.missing + (converted === null ? amounts.count : 0),
  };
}

/** Two sums of one reporting currency together. */
export function addSums(a: ValueSum, b: ValueSum): ValueSum {
  const byCurrency = new Map(a.byCurrency);
  for (const [currency, amountMinor] of b.byCurrency) {
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + amountMinor);
  }
  return {
    ...a,
    byCurrency,
    convertedMinor: a.convertedMinor + b.convertedMinor,
    missing: a.missing + b.missing,
  };
}

/** The whole in the reporting currency; null while any rate is missing, because a part is no sum. */
export function totalOf(sum: ValueSum): bigint | null {
  return sum.missing === 0 ? sum.convertedMinor : null;
}

function inReporting({ currency, amountMinor, rate }: Amounts, reporting: Currency): bigint | null {
  if (currency === reporting) return amountMinor;
  if (rate === null) return null;
  return convert({ amountMinor, currency }, applyRate(rate, currency, reporting)).amountMinor;
}
