import { CURRENCY_CODES, type Currency, minorUnitExponent } from '../../domain/currencies';

const EXPONENTS = new Set(CURRENCY_CODES.map((code) => minorUnitExponent(code as Currency)));

/** SQL: how many minor units one unit of a currency has. */
function unitsSql(currency: string): string {
  const cases = [...EXPONENTS].map((exponent) => {
    const codes = CURRENCY_CODES.filter((code) => minorUnitExponent(code as Currency) === exponent);
    return `WHEN ${currency} IN ('${codes.join("', '")}') THEN ${10 ** exponent}`;
  });
  return `(CASE ${cases.join(' ')} END)::numeric`;
}

/** A rate has 18 decimals at most: times this it is a whole number, and only whole numbers divide exactly. */
const WHOLE = '1000000000000000000::numeric';

/**
 * SQL: an amount of minor units in another currency, as convert of the domain has it: exact until it is rounded once,
 * half away from zero. `rate` is that of one `rateFrom`, in whichever direction; null without one that is needed.
 */
export function convertedSql(given: {
  readonly amount: string;
  readonly from: string;
  readonly to: string;
  readonly rate: string;
  readonly rateFrom: string;
}): string {
  const { amount, from, to, rate, rateFrom } = given;
  const whole = (condition: string) => `CASE WHEN ${condition} THEN ${rate} * ${WHOLE} ELSE ${WHOLE} END`;
  const numerator = `abs(${amount}) * ${unitsSql(to)} * ${whole(`${rateFrom} = ${from}`)}`;
  const denominator = `(${unitsSql(from)} * ${whole(`${rateFrom} <> ${from}`)})`;
  return `CASE WHEN ${from} = ${to} THEN ${amount} WHEN ${rate} IS NOT NULL THEN
    sign(${amount}) * div(2 * ${numerator} + ${denominator}, 2 * ${denominator}) END`;
}
