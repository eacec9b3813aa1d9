import fc from 'fast-check';
import { currency } from '../testing/facts';
import { type FxRate, isSameRate, rateAt, rateProblem } from './rate';

const [EUR, USD, GBP] = [currency('EUR'), currency('USD'), currency('GBP')];
const rate = (from: FxRate['from'], to: FxRate['to'], text: string, ratedAtMs: number): FxRate => ({
  from,
  to,
  rate: text,
  source: `${from}${to}${ratedAtMs}`,
  ratedAtMs,
});

describe('rateProblem', () => {
  it.each(['1', '1.0842', '0.000000000000000001', '000001.50', '999999999999.999999999999999999'])(
    'takes %s',
    (text) => {
      expect(rateProblem(text)).toBeNull();
    },
  );

  it.each(['', '0', '0.000', '-1', '1,5', '1e3', '.5', '5.', ' 1', 'NaN', '1.0000000000000000001'])(
    'refuses %j',
    (text) => {
      expect(rateProblem(text)).not.toBeNull();
    },
  );
});

describe('isSameRate', () => {
  it.each([
    ['1.08', '1.0800', true],
    ['01', '1', true],
    ['1.08', '1.081', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(isSameRate(a, b)).toBe(expected);
  });
});

describe('rateAt', () => {
  const rates = [
    rate(EUR, USD, '1.10', 100),
    rate(EUR, USD, '1.20', 300),
    rate(USD, EUR, '0.80', 200),
    rate(EUR, GBP, '0.9', 100),
  ];

  it('needs none between equal currencies', () => {
    expect(rateAt([], EUR, EUR, 7)).toMatchObject({ numerator: 1n, denominator: 1n, rate: '1' });
  });

  it.each([
    [99, null],
    [100, '1.10'],
    [199, '1.10'],
    [200, '1/0.80'],
    [299, '1/0.80'],
    [300, '1.20'],
    [9_999, '1.20'],
  ])('at %i the latest that is not after it, in either direction: %s', (atMs, expected) => {
    expect(rateAt(rates, EUR, USD, atMs)?.rate ?? null).toBe(expected);
  });

  it('takes the direct one of two of the same moment', () => {
    const both = [rate(USD, EUR, '0.5', 100), rate(EUR, USD, '1.9', 100)];
    expect(rateAt(both, EUR, USD, 100)?.rate).toBe('1.9');
    expect(rateAt(both, USD, EUR, 100)?.rate).toBe('0.5');
    expect(rateAt([...both].reverse(), EUR, USD, 100)?.rate).toBe('1.9');
  });

  it('chains nothing through a third currency', () => {
    expect(rateAt(rates, USD, GBP, 9_999)).toBeNull();
  });

  it('does not depend on the order in which rates are given', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(rates, { minLength: 4 }), fc.nat(400), (shuffled, atMs) => {
        expect(rateAt(shuffled, EUR, USD, atMs)).toEqual(rateAt(rates, EUR, USD, atMs));
      }),
      { seed: 31, numRuns: 200 },
    );
  });
});
