import type { Currency } from '../currencies';
import { divideHalfAwayFromZero, type Money } from '../money';
import { ONE_PPM } from '../value/quotients';

type AmountsByCurrency = ReadonlyMap<Currency, bigint>;

/** What happened in a range of time; conversions in parts per million, because several touches may share one. */
export type Counts = {
  readonly clicks: bigint;
  readonly impressions: bigint;
  /** Of the clicks, those that the fraud rules blocked, and those that they leave to a person. */
  readonly blockedClicks: bigint;
  readonly reviewClicks: bigint;
  readonly installsPpm: bigint;
  readonly registrationsPpm: bigint;
  readonly depositsPpm: bigint;
  readonly firstDepositorsPpm: bigint;
  readonly deposits: AmountsByCurrency;
  readonly commission: AmountsByCurrency;
};

export const NO_COUNTS: Counts = {
  clicks: 0n,
  impressions: 0n,
  blockedClicks: 0n,
  reviewClicks: 0n,
  installsPpm: 0n,
  registrationsPpm: 0n,
  depositsPpm: 0n,
  firstDepositorsPpm: 0n,
  deposits: new Map(),
  commission: new Map(),
};

/** Two spans together, in any order: rollups may be merged as they come. */
export function addCounts(a: Counts, b: Counts): Counts {
  return {
    clicks: a.clicks + b.clicks,
    impressions: a.impressions + b.impressions,
    blockedClicks: a.blockedClicks + b.blockedClicks,
    reviewClicks: a.reviewClicks + b.reviewClicks,
    installsPpm: a.installsPpm + b.installsPpm,
    registrationsPpm: a.registrationsPpm + b.registrationsPpm,
    depositsPpm: a.depositsPpm + b.depositsPpm,
    firstDepositorsPpm: a.firstDepositorsPpm + b.firstDepositorsPpm,
    deposits: addAmounts(a.deposits, b.deposits),
    commission: addAmounts(a.commission, b.commission),
  };
}

/** A currency whose amounts cancel out is told no more, as if nothing had ever been booked in it. */
function addAmounts(a: AmountsByCurrency, b: AmountsByCurrency): AmountsByCurrency {
  const sum = new Map(a);
  for (const [currency, amountMinor] of b) sum.set(currency, (sum.get(currency) ?? 0n) + amountMinor);
  return new Map([...sum].filter(([, amountMinor]) => amountMinor !== 0n));
}

/** Commission by first depositors, rounded once; null without one, and in several currencies, which have no common sum. */
export function commissionPerFirstDepositor({ commission, firstDepositorsPpm }: Counts): Money | null {
  const [only, ...further] = commission;
  if (only === undefined || further.length > 0 || firstDepositorsPpm <= 0n) return null;
  const [currency, amountMinor] = only;
  return { amountMinor: divideHalfAwayFromZero(amountMinor * ONE_PPM, firstDepositorsPpm), currency };
}
