import type { Currency } from '../currencies';
import type { OwedCommission } from './line';

/** One signed amount on one account; debits are positive, credits negative. */
export type LedgerEntry = {
  readonly account: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
};

/**
 * The entries that turn what is booked for a line into what is deserved now: the booked side taken back and the
 * deserved side added, summed per account and currency. What is still on hold is owed on an account of its own, so
 * `payable` is at any time what may be paid. They sum to zero per currency; none means nothing changed.
 */
export function journalEntries(
  booked: OwedCommission | null,
  deserved: OwedCommission,
): readonly LedgerEntry[] {
  const sums = new Map<string, LedgerEntry>();
  const post = (account: string, amountMinor: bigint, currency: Currency): void => {
    const key = `${account} ${currency}`;
    sums.set(key, { account, currency, amountMinor: (sums.get(key)?.amountMinor ?? 0n) + amountMinor });
  };
  const postLine = (line: OwedCommission, sign: bigint): void => {
    post(`expense:commission:${line.campaignId}`, sign * line.amountMinor, line.currency);
    const liability = line.stage === 'approved' ? 'payable' : 'held';
    post(`${liability}:${line.partnerId}`, -sign * line.amountMinor, line.currency);
  };
  if (booked !== null) postLine(booked, -1n);
  postLine(deserved, 1n);
  return [...sums.values()].filter((entry) => entry.amountMinor !== 0n);
}
