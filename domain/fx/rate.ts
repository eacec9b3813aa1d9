import type { Currency } from '../currencies';

/** Who said at which moment how much one currency costs in another: one `from` is `rate` of `to`. */
export type FxRate = {
  readonly from: Currency;
  readonly to: Currency;
  /** Exact decimal text, above zero. */
  readonly rate: string;
  readonly source: string;
  readonly ratedAtMs: number;
};

/** A rate as it is applied to an amount: the amount in `to` is that in `from`, times numerator, by denominator. */
export type AppliedRate = {
  readonly from: Currency;
  readonly to: Currency;
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** The rate as exact text: that of the rate's own direction, `1/…` against it, `1` without one. */
  readonly rate: string;
  readonly source: string;
  readonly ratedAtMs: number;
};

const RATE = /^(\d{1,12})(?:\.(\d{1,18}))?$/;

/** What is wrong with a rate's text; null when nothing is. */
export function rateProblem(text: string): string | null {
  const match = RATE.exec(text);
  if (match === null) return 'must be a decimal such as "1.0842", with at most 18 decimals';
  return /[1-9]/.test(text) ? null : 'must be above zero';
}

/**
 * The rate in force at a time: the latest that is not after it, in whichever direction it was given; of two of the same
 * moment the direct one. Equal currencies need none. Null when none is known: nothing is chained through a third
 * currency, and a rate of later says nothing about earlier.
 */
export function rateAt(
  rates: readonly FxRate[],
  from: Currency,
  to: Currency,
  atMs: number,
): AppliedRate | null {
  if (from === to) return identityRate(from, atMs);
  let found: FxRate | null = null;
  for (const rate of rates) {
    if (!isBetween(rate, from, to) || rate.ratedAtMs > atMs) continue;
    if (found === null || isPreferred(rate, found, from)) found = rate;
  }
  return found === null ? null : applyRate(found, from, to);
}

/** The rate in the direction that is asked for. Throws when it is one between other currencies. */
export function applyRate(rate: FxRate, from: Currency, to: Currency): AppliedRate {
  if (!isBetween(rate, from, to)) throw new Error(`${rate.from}/${rate.to} is no rate of ${from}/${to}`);
  const { units, scale } = readRate(rate.rate);
  const isDirect = rate.from === from;
  return {
    from,
    to,
    numerator: isDirect ? units : scale,
    denominator: isDirect ? scale : units,
    rate: isDirect ? rate.rate : `1/${rate.rate}`,
    source: rate.source,
    ratedAtMs: rate.ratedAtMs,
  };
}

/** Whether two rates say the same, however many zeros they end with. */
export function isSameRate(a: string, b: string): boolean {
  const [left, right] = [readRate(a), readRate(b)];
  return left.units * right.scale === right.units * left.scale;
}

function identityRate(currency: Currency, atMs: number): AppliedRate {
  return {
    from: currency,
    to: currency,
    numerator: 1n,
    denominator: 1n,
    rate: '1',
    source: 'identity',
    ratedAtMs: atMs,
  };
}

function isBetween(rate: FxRate, a: Currency, b: Currency): boolean {
  return (rate.from === a && rate.to === b) || (rate.from === b && rate.to === a);
}

function isPreferred(rate: FxRate, known: FxRate, from: Currency): boolean {
  if (rate.ratedAtMs !== known.ratedAtMs) return rate.ratedAtMs > known.ratedAtMs;
  return rate.from === from;
}

function readRate(text: string): { units: bigint; scale: bigint } {
  const match = RATE.exec(text);
  if (match === null || rateProblem(text) !== null) throw new Error(`no rate: ${text}`);
  const decimals = match[2] ?? '';
  return { units: BigInt(`${match[1]}${decimals}`), scale: 10n ** BigInt(decimals.length) };
}
