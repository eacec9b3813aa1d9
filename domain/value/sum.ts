import type { Currency } from '../currencies';

/** Amounts of one currency, already added up, and converted where a rate was known. */
export type Amounts = {
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** In the reporting currency: those that could be converted, or need not be. Those that share a rate were rounded once. */
  readonly convertedMinor: bigint;
  /** How many of them have no known rate. */
  readonly missing: number;
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

/** The sum with more amounts. */
export function addAmounts(sum: ValueSum, amounts: Amounts): ValueSum {
  const { currency, amountMinor, convertedMinor, missing } = amounts;
  return addSums(sum, { ...sum, byCurrency: new Map([[currency, amountMinor]]), convertedMinor, missing });
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
