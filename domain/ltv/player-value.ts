import type { Currency } from '../currencies';
import { byOwnTime, DEPOSIT_STATUSES, type Fact, type NgrFact, type WithdrawalFact } from '../facts';
import type { Deposit } from '../settlement/deposits';
import { type DepositValue, depositValues } from './deposit-value';

/** What a player is worth in one currency: deposits, what was paid out again, and net gaming revenue. */
export type PlayerValue = DepositValue & {
  readonly withdrawalCount: number;
  readonly withdrawalTotalMinor: bigint;
  /** The sum over periods, each as restated last; null when none was ever supplied in this currency. */
  readonly ngrTotalMinor: bigint | null;
};

/** Lifetime value per currency, in the order of the currencies' codes. It depends on the set of facts alone. */
export function playerValues(deposits: readonly Deposit[], facts: readonly Fact[]): readonly PlayerValue[] {
  const values = new Map<Currency, PlayerValue>();
  const known = (currency: Currency) => values.get(currency) ?? emptyValue(currency);
  for (const value of depositValues(deposits)) {
    values.set(value.currency, { ...emptyValue(value.currency), ...value });
  }
  for (const { confirmed, stands } of withdrawals(facts)) {
    const { currency, amountMinor } = confirmed.money;
    const value = known(currency);
    values.set(currency, {
      ...value,
      withdrawalCount: value.withdrawalCount + (stands ? 1 : 0),
      withdrawalTotalMinor: value.withdrawalTotalMinor + (stands ? amountMinor : 0n),
    });
  }
  for (const { money } of latestPerPeriod(facts)) {
    const value = known(money.currency);
    values.set(money.currency, { ...value, ngrTotalMinor: (value.ngrTotalMinor ?? 0n) + money.amountMinor });
  }
  return [...values.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** Withdrawals that were confirmed; one that was reversed later stands no more. */
function withdrawals(facts: readonly Fact[]): readonly { confirmed: WithdrawalFact; stands: boolean }[] {
  const groups = new Map<string, WithdrawalFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'withdrawal') continue;
    groups.set(fact.transactionKey, [...(groups.get(fact.transactionKey) ?? []), fact]);
  }
  return [...groups.values()].flatMap((group) => {
    const confirmed = group.find((fact) => fact.status === 'confirmed');
    if (confirmed === undefined || confirmed.outcome === 'block') return [];
    const highest = Math.max(...group.map((fact) => DEPOSIT_STATUSES.indexOf(fact.status)));
    return [{ confirmed, stands: DEPOSIT_STATUSES[highest] === 'confirmed' }];
  });
}

/** Of each period and currency the report that is the latest by its own time; equal times by the sender's key. */
function latestPerPeriod(facts: readonly Fact[]): readonly NgrFact[] {
  const latest = new Map<string, NgrFact>();
  for (const fact of facts) {
    if (fact.kind !== 'ngr' || fact.outcome === 'block') continue;
    const key = `${fact.period.fromMs} ${fact.period.toMs} ${fact.money.currency}`;
    const known = latest.get(key);
    if (known === undefined || byOwnTime(known, fact) < 0) latest.set(key, fact);
  }
  return [...latest.values()];
}

function emptyValue(currency: Currency): PlayerValue {
  return {
    currency,
    count: 0,
    totalMinor: 0n,
    firstAtMs: null,
    lastAtMs: null,
    chargebackCount: 0,
    chargebackTotalMinor: 0n,
    withdrawalCount: 0,
    withdrawalTotalMinor: 0n,
    ngrTotalMinor: null,
  };
}
