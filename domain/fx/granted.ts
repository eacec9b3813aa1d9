import type { Exchange } from '../commission/exchange';
import type { Currency } from '../currencies';
import { convert, exchangeBy } from './convert';
import { applyRate, type FxRate } from './rate';

/** A rate that an amount of a time was converted by; it is converted by that one for ever. */
export type RateGrant = {
  readonly from: Currency;
  readonly to: Currency;
  readonly atMs: number;
  /** As it was applied: "1.0842", or "1/1.0842" when it was recorded in the other direction. */
  readonly rate: string;
  readonly source: string;
  readonly ratedAtMs: number;
};

/** Converts by what was granted before, else by the rate that was in force at the time. */
export function exchangeOnce(grants: readonly RateGrant[], rates: readonly FxRate[]): Exchange {
  const exchange = exchangeBy(rates);
  return (money, to, atMs) => {
    const grant = grants.find(
      (known) => known.from === money.currency && known.to === to && known.atMs === atMs,
    );
    if (grant === undefined) return exchange(money, to, atMs);
    const { rate, source, ratedAtMs } = grant;
    return {
      money: convert(money, applyRate(recordedRate(grant), money.currency, to)),
      rate,
      source,
      ratedAtMs,
    };
  };
}

function recordedRate({ from, to, rate, source, ratedAtMs }: RateGrant): FxRate {
  const isInverse = rate.startsWith('1/');
  return {
    from: isInverse ? to : from,
    to: isInverse ? from : to,
    rate: isInverse ? rate.slice(2) : rate,
    source,
    ratedAtMs,
  };
}
