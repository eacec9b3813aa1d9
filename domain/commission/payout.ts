import type { Money } from '../money';
import type { OwedCommission } from './line';

/** A commission line beside what payouts have paid for it so far, one sum per currency. */
export type LinePayment = Pick<OwedCommission, 'amountMinor' | 'currency' | 'stage'> & {
  readonly paid: readonly Money[];
};

/**
 * Whether payouts have paid exactly what the lines of a conversion say, and that is something. More than they say is
 * not "in full": the difference is still to come back.
 */
export function isPaidInFull(lines: readonly LinePayment[]): boolean {
  return lines.some(({ amountMinor }) => amountMinor > 0n) && lines.every(isSquare);
}

function isSquare({ amountMinor, currency, stage, paid }: LinePayment): boolean {
  const payable = stage === 'approved' ? amountMinor : 0n;
  const own = paid.filter((money) => money.currency === currency);
  const others = paid.filter((money) => money.currency !== currency);
  const paidMinor = own.reduce((sum, money) => sum + money.amountMinor, 0n);
  return (
    amountMinor === payable && paidMinor === payable && others.every((money) => money.amountMinor === 0n)
  );
}
