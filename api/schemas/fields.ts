import { z } from 'zod';
import { CURRENCY_CODES, type Currency, parseCurrency } from '../../domain/currencies';
import { type Id, type IdPrefix, parseId } from '../../domain/ids';
import { formatMinor, type Money, parseMoney } from '../../domain/money';
import { MONEY_PROBLEMS } from '../../domain/money-problems';
import { parseInstant, toIso } from '../../domain/time';

const MAX_NAME_LENGTH = 200;

/** A name that people read: one line, without blanks at its ends. */
export function nameField() {
  return (
    z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(MAX_NAME_LENGTH, `must not be longer than ${MAX_NAME_LENGTH} characters`)
      // A check and not a pattern: JSON Schema has no flag that would make the pattern mean this.
      .refine((name) => !/\p{C}/u.test(name), 'must not hold control or invisible characters')
  );
}

/** An id of one kind, as text in the prefixed form. */
export function idField<P extends IdPrefix>(prefix: P) {
  return z
    .string()
    .transform((text, context): Id<P> => {
      const id = parseId(prefix, text);
      if (id !== null) return id;
      context.addIssue({ code: 'custom', message: `must be an id that begins with ${prefix}_` });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$` });
}

/** As `idField`; null, like absence, names none. */
export function nullableIdField<P extends IdPrefix>(prefix: P) {
  return idField(prefix)
    .nullable()
    .meta({ type: ['string', 'null'] });
}

/** An id in an answer. */
export function shownId(prefix: IdPrefix) {
  return z.string().meta({ pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$` });
}

/** A path parameter of an OpenAPI operation. */
export function pathId(name: string, prefix: IdPrefix) {
  return z.object({ [name]: shownId(prefix) });
}

export function shownInstant() {
  return z.string().meta({ format: 'date-time' });
}

/** An ISO 8601 time with its zone, read into milliseconds. */
export function instantField() {
  return z
    .string()
    .transform((text, context): number => {
      const parsed = parseInstant(text);
      if (parsed.ok) return parsed.ms;
      context.addIssue({ code: 'custom', message: parsed.problem });
      return z.NEVER;
    })
    .meta({ type: 'string', format: 'date-time' });
}

/** The most that a column of whole numbers holds; what is sent has to fit before Postgres is asked. */
export const MAX_WHOLE_NUMBER = 2_147_483_647;

/** An ISO 4217 code. */
export function currencyField() {
  return z
    .string()
    .transform((text, context): Currency => {
      const currency = parseCurrency(text);
      if (currency !== null) return currency;
      context.addIssue({ code: 'custom', message: 'is not an ISO 4217 currency code' });
      return z.NEVER;
    })
    .meta({ type: 'string', enum: [...CURRENCY_CODES] });
}

/** Money as it is shown: `{"amount": "49.90", "currency": "EUR"}`. */
export const shownMoney = z
  .object({ amount: z.string().meta({ example: '49.90' }), currency: z.enum(CURRENCY_CODES) })
  .meta({ id: 'Money' });

/** Money as it is sent; above zero. A JSON number is accepted when it is exact. */
export function positiveMoneyField() {
  return moneyField((amountMinor) => amountMinor > 0n, 'must be above zero');
}

/** As `positiveMoneyField`, but nothing is money too. */
export function zeroOrMoreMoneyField() {
  return moneyField((amountMinor) => amountMinor >= 0n, 'must not be negative');
}

/** As `positiveMoneyField`, but less than nothing is money too: a player's NGR. */
export function signedMoneyField() {
  return moneyField(() => true, 'must be an amount');
}

function moneyField(isAllowed: (amountMinor: bigint) => boolean, refusal: string) {
  return z
    .strictObject({ amount: z.union([z.string().max(40), z.number()]), currency: z.string().max(10) })
    .transform((input, context): Money => {
      const parsed = parseMoney(input.amount, input.currency);
      if (parsed.ok && isAllowed(parsed.money.amountMinor)) return parsed.money;
      const problem = parsed.ok
        ? ({ field: 'amount', message: refusal } as const)
        : MONEY_PROBLEMS[parsed.problem];
      context.addIssue({ code: 'custom', path: [problem.field], message: problem.message });
      return z.NEVER;
    });
}

export function moneyJson(money: Money): { amount: string; currency: string } {
  return { amount: formatMinor(money.amountMinor, money.currency), currency: money.currency };
}

export function instantJson(ms: number): string {
  return toIso(ms);
}

/** A body that changes something has to say what; `{}` is more likely a mistake than a wish. */
export function changeOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .strictObject(shape)
    .refine((change) => Object.values(change).some((value) => value !== undefined), {
      message: 'must change at least one field',
      // Only when nothing else is wrong: a body of unknown fields has been told so already.
      when: ({ issues }) => issues.length === 0,
    });
}
