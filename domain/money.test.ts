import fc from 'fast-check';
import { CURRENCY_CODES, minorUnitExponent } from './currencies';
import { allocate, divideHalfAwayFromZero, formatMinor, MAX_AMOUNT_MINOR, parseMoney } from './money';
import { currency } from './testing/facts';

const anyCurrency = fc.constantFrom(...CURRENCY_CODES).map(currency);
const anyAmount = fc.oneof(
  fc.bigInt({ min: -MAX_AMOUNT_MINOR, max: MAX_AMOUNT_MINOR }),
  fc.bigInt({ min: -1_100n, max: 1_100n }),
);
const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);

describe('parseMoney', () => {
  it.each([
    ['49.90', 'EUR', 4_990n],
    ['49.9', 'EUR', 4_990n],
    ['49', 'EUR', 4_900n],
    ['0.01', 'EUR', 1n],
    ['0', 'EUR', 0n],
    ['-0', 'EUR', 0n],
    ['-1.05', 'EUR', -105n],
    ['-0.01', 'EUR', -1n],
    ['007.5', 'EUR', 750n],
    ['5.000', 'EUR', 500n],
    [`5.${'0'.repeat(400)}`, 'EUR', 500n],
    ['1234', 'JPY', 1_234n],
    ['1234.000', 'JPY', 1_234n],
    ['1.234', 'KWD', 1_234n],
    ['1.2340', 'KWD', 1_234n],
    ['10000000000000.00', 'EUR', MAX_AMOUNT_MINOR],
    ['-10000000000000', 'EUR', -MAX_AMOUNT_MINOR],
    ['1000000000000000', 'JPY', MAX_AMOUNT_MINOR],
    [49.9, 'EUR', 4_990n],
    [0.1, 'EUR', 10n],
    [-0, 'EUR', 0n],
    [1e3, 'EUR', 100_000n],
    [4.35, 'EUR', 435n],
    [1.005, 'KWD', 1_005n],
    [999_999_999_999_999, 'JPY', 999_999_999_999_999n],
  ])('reads %p %s as %p minor units', (amount, code, amountMinor) => {
    expect(parseMoney(amount, code)).toEqual({ ok: true, money: { amountMinor, currency: code } });
  });

  it.each([
    ...['eur', 'EURO', '', ' EUR', 'XTS', 'BTC', '__proto__', 'toString'].map(
      (code) => ['1.00', code, 'unknown_currency'] as const,
    ),
    ...['', ' ', ' 1', '1 ', '1\n', '+1', '.5', '5.', '1,50', '1.000,00', '1_000', '1e3', '0x10', '--1'].map(
      (text) => [text, 'EUR', 'not_a_decimal'] as const,
    ),
    ...['NaN', 'Infinity', '١٢', '１２', '1.5.5', '−1', '1'.repeat(20)].map(
      (text) => [text, 'EUR', 'not_a_decimal'] as const,
    ),
    ['1.005', 'EUR', 'too_many_decimals'],
    ['0.001', 'EUR', 'too_many_decimals'],
    ['1.5', 'JPY', 'too_many_decimals'],
    ['1.2345', 'KWD', 'too_many_decimals'],
    [1.005, 'EUR', 'too_many_decimals'],
    ['10000000000000.01', 'EUR', 'out_of_range'],
    ['-10000000000000.01', 'EUR', 'out_of_range'],
    ['9999999999999999999', 'EUR', 'out_of_range'],
    [99_999_999_999_999, 'EUR', 'out_of_range'],
  ] as const)('refuses %p %s: %s', (amount, code, problem) => {
    expect(parseMoney(amount, code)).toEqual({ ok: false, problem });
  });

  it.each([
    ['1e21', 1e21],
    ['0.1 + 0.2', 0.1 + 0.2],
    ['2^53 + 1', 2 ** 53 + 1],
    ['1e-7', 1e-7],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ])('refuses the number %s, which may not be what the sender wrote', (_name, amount) => {
    expect(parseMoney(amount, 'EUR')).toEqual({ ok: false, problem: 'inexact_number' });
  });

  it('reads every number of up to 15 digits as its decimal text', () => {
    const digits = fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n });
    fc.assert(
      fc.property(digits, anyCurrency, (amountMinor, code) => {
        const number = Number(formatMinor(amountMinor, code));
        fc.pre(!String(number).includes('e'));
        expect(parseMoney(number, code)).toEqual({ ok: true, money: { amountMinor, currency: code } });
      }),
      { seed: 11, numRuns: 1_000 },
    );
  });
});

describe('formatMinor', () => {
  it.each([
    [4_990n, 'EUR', '49.90'],
    [5n, 'EUR', '0.05'],
    [0n, 'EUR', '0.00'],
    [-5n, 'EUR', '-0.05'],
    [-4_990n, 'EUR', '-49.90'],
    [4_990n, 'JPY', '4990'],
    [-1n, 'JPY', '-1'],
    [0n, 'JPY', '0'],
    [4_990n, 'KWD', '4.990'],
    [1n, 'KWD', '0.001'],
    [10n ** 18n, 'EUR', '10000000000000000.00'],
  ])('writes %p of %s as %s', (amountMinor, code, text) => {
    expect(formatMinor(amountMinor, currency(code))).toBe(text);
  });

  it.each([0, 2, 3])('comes back unchanged for every currency of %i decimals', (exponent) => {
    const codes = CURRENCY_CODES.map(currency).filter((code) => minorUnitExponent(code) === exponent);
    fc.assert(
      fc.property(anyAmount, fc.constantFrom(...codes), (amountMinor, code) => {
        const text = formatMinor(amountMinor, code);
        expect(text).toMatch(exponent === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${exponent}}$`));
        expect(parseMoney(text, code)).toEqual({ ok: true, money: { amountMinor, currency: code } });
      }),
      { seed: 12, numRuns: 1_000 },
    );
  });
});

describe('divideHalfAwayFromZero', () => {
  it.each([
    [0n, 3n, 0n],
    [10n, 5n, 2n],
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [3n, 2n, 2n],
    [-3n, 2n, -2n],
    [1n, 3n, 0n],
    [-1n, 3n, 0n],
    [2n, 3n, 1n],
    [-2n, 3n, -1n],
    [5n, 10n, 1n],
    [4n, 10n, 0n],
    [-5n, 10n, -1n],
    [7n, 1n, 7n],
  ])('%p / %p is %p', (amountMinor, divisor, quotient) => {
    expect(divideHalfAwayFromZero(amountMinor, divisor)).toBe(quotient);
  });

  it.each([0n, -2n])('refuses the divisor %p', (divisor) => {
    expect(() => divideHalfAwayFromZero(1n, divisor)).toThrow('positive');
  });

  it('is never further than half a unit from the exact quotient', () => {
    fc.assert(
      fc.property(anyAmount, fc.bigInt({ min: 1n, max: 10_000n }), (amountMinor, divisor) => {
        const twiceTheError = (divideHalfAwayFromZero(amountMinor, divisor) * divisor - amountMinor) * 2n;
        expect(twiceTheError <= divisor && twiceTheError >= -divisor).toBe(true);
      }),
      { seed: 13, numRuns: 500 },
    );
  });
});

describe('allocate', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 12 })
    .filter((list) => sumOf(list) > 0n);

  it.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [101n, [1n, 1n, 1n], [34n, 34n, 33n]],
    [1n, [1n, 1n], [1n, 0n]],
    [0n, [3n, 1n], [0n, 0n]],
    [10n, [0n, 1n, 0n], [0n, 10n, 0n]],
    [5n, [1n, 2n, 2n], [1n, 2n, 2n]],
    [10n, [1n, 1n, 4n], [2n, 2n, 6n]],
    [7n, [3n], [7n]],
  ])('%p by weights %p is %p', (amountMinor, by, parts) => {
    expect(allocate(amountMinor, by)).toEqual(parts);
  });

  it.each([
    ['no weights', []],
    ['only zeros', [0n, 0n]],
    ['a negative weight', [-1n, 2n]],
  ])('refuses %s', (_name, by) => {
    expect(() => allocate(100n, by)).toThrow('weights');
  });

  it('gives parts that add up to the whole, each less than one unit from its exact share', () => {
    fc.assert(
      fc.property(anyAmount, weights, (amountMinor, by) => {
        const parts = allocate(amountMinor, by);
        const total = sumOf(by);
        expect(parts).toHaveLength(by.length);
        expect(sumOf(parts)).toBe(amountMinor);
        for (const [index, part] of parts.entries()) {
          const error = part * total - amountMinor * (by[index] ?? 0n);
          expect(error < total && error > -total).toBe(true);
        }
      }),
      { seed: 14, numRuns: 1_000 },
    );
  });

  it('splits a negative amount as the mirror image of the positive one', () => {
    fc.assert(
      fc.property(anyAmount, weights, (amountMinor, by) => {
        expect(allocate(-amountMinor, by)).toEqual(allocate(amountMinor, by).map((part) => -part));
      }),
      { seed: 15, numRuns: 500 },
    );
  });
});
