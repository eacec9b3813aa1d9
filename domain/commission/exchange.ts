import type { Currency } from '../currencies';
import type { Money } from '../money';

/** An amount in another currency, and by what it was converted. */
export type Exchanged = {
  readonly money: Money;
  /** Exact decimal text: units of the new currency for one of the old. */
  readonly rate: string;
  readonly source: string;
  readonly ratedAtMs: number;
};

/** Converts by the rate in force at a time; null while none is known. Never one to one. */
export type Exchange = (money: Money, to: Currency, atMs: number) => Exchanged | null;

export const NO_RATES: Exchange = () => null;
