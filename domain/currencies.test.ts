import { CURRENCY_CODES, minorUnitExponent, parseCurrency } from './currencies';
import { currency } from './testing/facts';

describe('currencies', () => {
  it.each([
    ['EUR', 2],
    ['USD', 2],
    ['HUF', 2],
    ['IDR', 2],
    ['COP', 2],
    ['XCG', 2],
    ['JPY', 0],
    ['CLP', 0],
    ['ISK', 0],
    ['KRW', 0],
    ['UGX', 0],
    ['VND', 0],
    ['XOF', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['TND', 3],
  ])('%s has %i decimals', (code, exponent) => {
    expect(minorUnitExponent(currency(code))).toBe(exponent);
  });

  // A code listed twice would swallow the other entry, and one of these counts with it.
  it.each([
    [0, 16],
    [2, 132],
    [3, 7],
  ])('with %i decimals there are %i', (exponent, count) => {
    const codes = CURRENCY_CODES.filter((code) => minorUnitExponent(currency(code)) === exponent);
    expect(codes).toHaveLength(count);
  });

  it('are listed once, in order, as three capital letters', () => {
    expect(CURRENCY_CODES).toEqual([...new Set(CURRENCY_CODES)].sort());
    expect(CURRENCY_CODES.filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
  });

  // Withdrawn, funds, a metal, the testing code, and names that every object has.
  it.each(['HRK', 'ANG', 'ZWL', 'CLF', 'UYW', 'XAU', 'XTS', 'BTC', 'eur', 'EUR ', '', 'constructor'])(
    '%p is none',
    (code) => {
      expect(parseCurrency(code)).toBeNull();
    },
  );
});
