import type { Currency } from '../currencies';
import { type Amounts, addAmounts, emptySum, type ValueSum } from './sum';

/** What can be counted or added up of a workspace. Commission is apart by what it is paid for. */
export const MEASURES = [
  'click',
  'install',
  'registration',
  'deposit',
  'ngr',
  'spend',
  'cpa_commission',
  'other_commission',
] as const;
export type Measure = (typeof MEASURES)[number];

/** Facts of one measure that share a currency and a rate, already added up. Counts are parts per million. */
export type Measured = {
  readonly measure: Measure;
  readonly countPpm: bigint;
  /** Of deposits: those that are a player's first, those that pass fraud, those that are both. */
  readonly firstPpm: bigint;
  readonly valuablePpm: bigint;
  readonly valuableFirstPpm: bigint;
  /** Null for what has no value; of clicks, what they cost where they are bought by the click. */
  readonly amounts: Amounts | null;
};

/** Everything measured of one group: a campaign, a day, a whole range. */
export type Tally = {
  readonly clicksPpm: bigint;
  readonly installsPpm: bigint;
  readonly registrationsPpm: bigint;
  readonly depositsPpm: bigint;
  readonly firstDepositorsPpm: bigint;
  readonly valuableDepositsPpm: bigint;
  readonly valuableFirstDepositsPpm: bigint;
  readonly deposits: ValueSum;
  readonly ngr: ValueSum;
  readonly spend: ValueSum;
  readonly clickCost: ValueSum;
  readonly cpaCommission: ValueSum;
  readonly commission: ValueSum;
};

export function emptyTally(reporting: Currency): Tally {
  const nothing = emptySum(reporting);
  return {
    clicksPpm: 0n,
    installsPpm: 0n,
    registrationsPpm: 0n,
    depositsPpm: 0n,
    firstDepositorsPpm: 0n,
    valuableDepositsPpm: 0n,
    valuableFirstDepositsPpm: 0n,
    deposits: nothing,
    ngr: nothing,
    spend: nothing,
    clickCost: nothing,
    cpaCommission: nothing,
    commission: nothing,
  };
}

export function addMeasured(tally: Tally, measured: Measured): Tally {
  const { countPpm, amounts } = measured;
  const plus = (sum: ValueSum): ValueSum => (amounts === null ? sum : addAmounts(sum, amounts));
  switch (measured.measure) {
    case 'click':
      return { ...tally, clicksPpm: tally.clicksPpm + countPpm, clickCost: plus(tally.clickCost) };
    case 'install':
      return { ...tally, installsPpm: tally.installsPpm + countPpm };
    case 'registration':
      return { ...tally, registrationsPpm: tally.registrationsPpm + countPpm };
    case 'deposit':
      return {
        ...tally,
        depositsPpm: tally.depositsPpm + countPpm,
        firstDepositorsPpm: tally.firstDepositorsPpm + measured.firstPpm,
        valuableDepositsPpm: tally.valuableDepositsPpm + measured.valuablePpm,
        valuableFirstDepositsPpm: tally.valuableFirstDepositsPpm + measured.valuableFirstPpm,
        deposits: plus(tally.deposits),
      };
    case 'ngr':
      return { ...tally, ngr: plus(tally.ngr) };
    case 'spend':
      return { ...tally, spend: plus(tally.spend) };
    case 'cpa_commission':
      return { ...tally, cpaCommission: plus(tally.cpaCommission), commission: plus(tally.commission) };
    case 'other_commission':
      return { ...tally, commission: plus(tally.commission) };
  }
}
