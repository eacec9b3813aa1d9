import { type Currency, minorUnitExponent, parseCurrency } from './currencies';

/** An amount in minor units (cents for EUR, yen for JPY) of one currency. Never a float, never added across. */
export type Money = { readonly amountMinor: bigint; readonly currency: Currency };

export type MoneyProblem =
  | 'unknown_currency'
  | 'not_a_decimal'
  | 'too_many_decimals'
  | 'out_of_range'
  | 'inexact_number';

export type ParsedMoney = { ok: true; money: Money } | { ok: false; problem: MoneyProblem };

const DECIMAL = /^(-?)(\d{1,19})(?:\.(\d+))?$/;
/**
 * 10^15 minor units: far above any deposit. One amount fits Postgres' bigint, and so do the few that one entry of the
 * ledger or one line is made of; a total of many does not (9,224 of them are too many), so totals are numeric there.
 */
export const MAX_AMOUNT_MINOR = 1_000_000_000_000_000n;

/**
 * Reads a decimal string such as "49.90", or a JSON number that is exact. Trailing zeros beyond the currency's
 * decimals are accepted ("5.000" EUR); any other surplus digit is refused, never rounded.
 */
export function parseMoney(amount: string | number, currencyCode: string): ParsedMoney {
  const currency = parseCurrency(currencyCode);
  if (currency === null) return { ok: false, problem: 'unknown_currency' };
  const text = typeof amount === 'number' ? exactText(amount) : amount;
  if (text === null) return { ok: false, problem: 'inexact_number' };
  const match = DECIMAL.exec(text);
  if (!match) return { ok: false, problem: 'not_a_decimal' };
  const exponent = minorUnitExponent(currency);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > exponent) return { ok: false, problem: 'too_many_decimals' };
  const magnitude = BigInt(`${match[2]}${fraction.padEnd(exponent, '0')}`);
  if (magnitude > MAX_AMOUNT_MINOR) return { ok: false, problem: 'out_of_range' };
  return { ok: true, money: { amountMinor: match[1] === '-' ? -magnitude : magnitude, currency } };
}

/**
 * A JSON number has already been through binary floating point. Up to 15 significant digits survive that trip
 * unharmed; anything longer may differ from what the sender wrote.
 */
function exactText(amount: number): string | null {
  if (!Number.isFinite(amount)) return null;
  const text = String(amount);
  if (text.includes('e') || text.replace(/[-.]/g, '').replace(/^0+/, '').length > 15) return null;
  return text;
}

/** The decimal string that goes on the wire: formatMinor(4990n, 'EUR') is "49.90", JPY has no point. */
export function formatMinor(amountMinor: bigint, currency: Currency): string {
  const exponent = minorUnitExponent(currency);
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const sign = amountMinor < 0n ? '-' : '';
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Division with a stated rounding: half away from zero, the mirror image for negative amounts. */
export function divideHalfAwayFromZero(amountMinor: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new Error('the divisor must be positive');
  const magnitude = amountMinor < 0n ? -amountMinor : amountMinor;
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n);
  return amountMinor < 0n ? -rounded : rounded;
}

/**
 * Splits an amount by integer weights with the largest-remainder method: the parts always add up to the whole.
 * Ties of equal remainders go to the earlier part, so the order of the weights decides and nothing else.
 * A negative amount is split as the mirror image of the positive one.
 */
export function allocate(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n || weights.some((weight) => weight < 0n)) {
    throw new Error('weights must be zero or more, and not all zero');
  }
  if (amountMinor < 0n) return allocate(-amountMinor, weights).map((part) => -part);
  const parts = weights.map((weight) => (amountMinor * weight) / total);
  let missing = amountMinor - parts.reduce((sum, part) => sum + part, 0n);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (amountMinor * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1));
  for (const { index } of byRemainder) {
    if (missing === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    missing -= 1n;
  }
  return parts;
}
