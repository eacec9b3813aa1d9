import type { MoneyProblem } from './money';

/** What is told to whoever sent an amount that is none, and about which of the two fields. */
export const MONEY_PROBLEMS: Readonly<
  Record<MoneyProblem, { readonly field: 'amount' | 'currency'; readonly message: string }>
> = {
  unknown_currency: { field: 'currency', message: 'is not an ISO 4217 currency code' },
  not_a_decimal: { field: 'amount', message: 'must be a decimal such as "49.90"' },
  too_many_decimals: { field: 'amount', message: 'has more decimals than the currency' },
  out_of_range: { field: 'amount', message: 'is too large' },
  inexact_number: { field: 'amount', message: 'cannot be represented exactly; send it as a string' },
};
