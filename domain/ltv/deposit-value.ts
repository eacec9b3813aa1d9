import type { Currency } from '../currencies';
import type { Deposit } from '../settlement/deposits';

/** A player's deposits in one currency, net of everything that was taken back. */
export type DepositValue = {
  readonly currency: Currency;
  readonly count: number;
  readonly totalMinor: bigint;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly chargebackCount: number;
  readonly chargebackTotalMinor: bigint;
};

/**
 * Lifetime value per currency over confirmed, unblocked deposits. A deposit that was taken back whole leaves count
 * and total as if it had never been; what was taken back is counted beside it. Currencies are never added.
 */
export function depositValues(deposits: readonly Deposit[]): readonly DepositValue[] {
  const values = new Map<Currency, DepositValue>();
  for (const deposit of deposits) {
    if (deposit.confirmed === null || deposit.remaining === null || deposit.confirmed.outcome === 'block')
      continue;
    const { currency } = deposit.remaining;
    const value = values.get(currency) ?? emptyValue(currency);
    values.set(currency, addDeposit(value, deposit.confirmed.occurredAtMs, deposit));
  }
  return [...values.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

function addDeposit(value: DepositValue, atMs: number, deposit: Deposit): DepositValue {
  const remainingMinor = deposit.remaining?.amountMinor ?? 0n;
  const takenMinor = (deposit.confirmed?.money.amountMinor ?? 0n) - remainingMinor;
  const stands = remainingMinor > 0n;
  return {
    currency: value.currency,
    count: value.count + (stands ? 1 : 0),
    totalMinor: value.totalMinor + remainingMinor,
    firstAtMs: stands ? Math.min(value.firstAtMs ?? atMs, atMs) : value.firstAtMs,
    lastAtMs: stands ? Math.max(value.lastAtMs ?? atMs, atMs) : value.lastAtMs,
    chargebackCount: value.chargebackCount + (takenMinor > 0n ? 1 : 0),
    chargebackTotalMinor: value.chargebackTotalMinor + takenMinor,
  };
}

function emptyValue(currency: Currency): DepositValue {
  return {
    currency,
    count: 0,
    totalMinor: 0n,
    firstAtMs: null,
    lastAtMs: null,
    chargebackCount: 0,
    chargebackTotalMinor: 0n,
  };
}
