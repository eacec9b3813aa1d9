import { divideHalfAwayFromZero } from '../money';
import { DAY_MS } from '../time';

/** When a player deposited: deposits that stand, whatever their currency. */
export type DepositHabit = {
  readonly deposits: number;
  /** Days of UTC with at least one of them. */
  readonly daysActive: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
};

export type Frequency = {
  /** Hundredths. Null without deposits. */
  readonly perActiveDay: number | null;
  /** Hundredths: deposits per thirty days since the first. Null without deposits. */
  readonly per30Days: number | null;
  /** Whole days since the last deposit; null without any. */
  readonly recencyDays: number | null;
  /** Whole days since the first deposit; null without any. */
  readonly ageDays: number | null;
};

const MONTH_DAYS = 30;
const HUNDREDTHS = 100;

/**
 * How often a player deposits, seen at a time. A player of less than thirty days counts as one of thirty: one deposit
 * of today is one in thirty days, and not thirty.
 */
export function frequencyOf(habit: DepositHabit, nowMs: number): Frequency {
  const { deposits, daysActive, firstAtMs, lastAtMs } = habit;
  if (deposits === 0 || firstAtMs === null || lastAtMs === null) {
    return { perActiveDay: null, per30Days: null, recencyDays: null, ageDays: null };
  }
  const ageDays = wholeDays(firstAtMs, nowMs);
  return {
    perActiveDay: hundredths(deposits, daysActive),
    per30Days: hundredths(deposits * MONTH_DAYS, Math.max(MONTH_DAYS, ageDays)),
    recencyDays: wholeDays(lastAtMs, nowMs),
    ageDays,
  };
}

/** A clock may be a little ahead of ours; nobody deposits in the future. */
function wholeDays(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor((toMs - fromMs) / DAY_MS));
}

function hundredths(numerator: number, denominator: number): number {
  return Number(divideHalfAwayFromZero(BigInt(numerator * HUNDREDTHS), BigInt(Math.max(1, denominator))));
}
