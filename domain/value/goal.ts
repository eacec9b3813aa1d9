import type { Currency } from '../currencies';
import type { Money } from '../money';
import { costPer, ONE_PPM, ratio } from './quotients';
import { totalOf, type ValueSum } from './sum';
import type { Measure, Tally } from './tally';

/** What a goal may ask for as a number of conversions, and what as an amount. */
const COUNT_METRICS = ['registrations', 'first_deposits', 'deposits'] as const;
const MONEY_METRICS = ['deposit_total', 'ngr', 'spend', 'cpa_metric'] as const;
export const GOAL_METRICS = [...COUNT_METRICS, ...MONEY_METRICS] as const;
export type GoalMetric = (typeof GOAL_METRICS)[number];

/** What has to be measured to know how far a goal is. */
export const MEASURES_OF: Readonly<Record<GoalMetric, readonly Measure[]>> = {
  registrations: ['registration'],
  first_deposits: ['deposit'],
  deposits: ['deposit'],
  deposit_total: ['deposit'],
  ngr: ['ngr'],
  spend: ['spend'],
  cpa_metric: ['deposit', 'spend'],
};

/**
 * `upcoming` until its first day and `running` until its last. `reached` as soon as the target is; a goal that says
 * "at most", as `cpa_metric` does, only once its last day is over, because until then it can still be lost. Else `missed`.
 */
export type GoalStatus = 'upcoming' | 'running' | 'reached' | 'missed';

export type GoalProgress = {
  readonly status: GoalStatus;
  /** Parts per million of a count, minor units of an amount; null when it cannot be told. */
  readonly value: bigint | null;
  /** The part of the target that is reached; of a goal that says "at most", target by value. */
  readonly ratio: string | null;
  readonly isOnTarget: boolean | null;
  /** The first day at whose end the target was reached by what stands today; null for a goal that says "at most". */
  readonly reachedOn: string | null;
  /** How many amounts have no rate into the goal's currency. */
  readonly missingRates: number;
};

/** Where today lies among the goal's days, in the goal's time zone. */
export type GoalPhase = 'before' | 'within' | 'after';

/** One day of the goal: what was measured from its first day to the end of this one. */
export type RunningDay = { readonly day: string; readonly tally: Tally };

export type GoalTerms = {
  readonly metric: GoalMetric;
  /** A number of conversions, or minor units. */
  readonly target: bigint;
  readonly currency: Currency | null;
};

export function isMoneyMetric(metric: GoalMetric): boolean {
  return MONEY_METRICS.some((known) => known === metric);
}

/**
 * How far a goal is by what stands today: a deposit that was taken back has never counted, and the day on which the
 * target was reached may move. Nothing is stored, so nothing can disagree with the conversions.
 */
export function goalProgress(
  terms: GoalTerms,
  days: readonly RunningDay[],
  whole: Tally,
  phase: GoalPhase,
): GoalProgress {
  const value = measuredOf(terms, whole);
  const isOnTarget = value === null ? null : meets(terms, value);
  const reached = isAtMost(terms.metric) ? isOnTarget === true && phase === 'after' : isOnTarget === true;
  return {
    status: statusOf(reached, phase),
    value,
    ratio: value === null ? null : ratioOf(terms, value),
    isOnTarget,
    reachedOn: isAtMost(terms.metric) || !reached ? null : firstDayOf(terms, days),
    missingRates: missingOf(terms.metric, whole),
  };
}

function statusOf(isReached: boolean, phase: GoalPhase): GoalStatus {
  if (isReached) return 'reached';
  return phase === 'before' ? 'upcoming' : phase === 'within' ? 'running' : 'missed';
}

function isAtMost(metric: GoalMetric): boolean {
  return metric === 'cpa_metric';
}

function meets({ metric, target }: GoalTerms, value: bigint): boolean {
  if (isAtMost(metric)) return value <= target;
  return isMoneyMetric(metric) ? value >= target : value >= target * ONE_PPM;
}

function ratioOf({ metric, target }: GoalTerms, value: bigint): string | null {
  if (isAtMost(metric)) return ratio(target, value);
  return ratio(value, isMoneyMetric(metric) ? target : target * ONE_PPM);
}

function firstDayOf(terms: GoalTerms, days: readonly RunningDay[]): string | null {
  const reached = days.find(({ tally }) => {
    const value = measuredOf(terms, tally);
    return value !== null && meets(terms, value);
  });
  return reached?.day ?? null;
}

function measuredOf({ metric, currency }: GoalTerms, tally: Tally): bigint | null {
  switch (metric) {
    case 'registrations':
      return tally.registrationsPpm;
    case 'first_deposits':
      return tally.firstDepositorsPpm;
    case 'deposits':
      return tally.depositsPpm;
    case 'deposit_total':
      return totalOf(tally.deposits);
    case 'ngr':
      return totalOf(tally.ngr);
    case 'spend':
      return totalOf(tally.spend);
    case 'cpa_metric':
      return cpaIn(tally, currency);
  }
}

/** The CPA metric in the goal's currency, which is the tally's reporting currency; another one says nothing. */
function cpaIn(tally: Tally, currency: Currency | null): bigint | null {
  const inOne: ValueSum = onlyReporting(tally.spend);
  const cpa: Money | null = costPer(inOne, tally.firstDepositorsPpm);
  return cpa !== null && cpa.currency === currency ? cpa.amountMinor : null;
}

/** The sum as if all of it had been reported in the reporting currency; as it is while a rate is missing. */
function onlyReporting(sum: ValueSum): ValueSum {
  const total = totalOf(sum);
  if (total === null || sum.byCurrency.size === 0) return sum;
  return { ...sum, byCurrency: new Map([[sum.reporting, total]]) };
}

function missingOf(metric: GoalMetric, tally: Tally): number {
  if (metric === 'deposit_total') return tally.deposits.missing;
  if (metric === 'ngr') return tally.ngr.missing;
  return metric === 'spend' || metric === 'cpa_metric' ? tally.spend.missing : 0;
}
