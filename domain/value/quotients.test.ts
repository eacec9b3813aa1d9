import { currency } from '../testing/facts';
import { costPer, ONE_PPM, ratio, returnOn } from './quotients';
import { addAmounts, addSums, emptySum, totalOf, type ValueSum } from './sum';

const [EUR, USD, JPY] = [currency('EUR'), currency('USD'), currency('JPY')];
/** Amounts in dollars, where 10 EUR are 11 USD unless nobody has said so. */
const inDollars = (amountMinor: bigint, code: typeof EUR, isRated: boolean): bigint | null =>
  code === USD ? amountMinor : code === EUR && isRated ? (amountMinor * 11n) / 10n : null;

function sum(...amounts: readonly [amountMinor: bigint, code: typeof EUR, isRated?: boolean][]): ValueSum {
  return amounts.reduce((known, [amountMinor, code, isRated = true]) => {
    const converted = inDollars(amountMinor, code, isRated);
    const missing = converted === null ? 2 : 0;
    return addAmounts(known, { currency: code, amountMinor, convertedMinor: converted ?? 0n, missing });
  }, emptySum(USD));
}

describe('a sum', () => {
  it('is kept per currency and together', () => {
    const both = sum([1_000n, EUR], [500n, USD], [1n, EUR]);
    expect([...both.byCurrency]).toEqual([
      [EUR, 1_001n],
      [USD, 500n],
    ]);
    // 11.00 + 5.00 + 0.01, each lot converted once
    expect(totalOf(both)).toBe(1_601n);
  });

  it('takes up another one, and what that one misses', () => {
    const both = addSums(sum([1_000n, EUR], [500n, USD]), sum([1n, EUR], [7n, JPY]));
    expect(both).toEqual(sum([1_000n, EUR], [500n, USD], [1n, EUR], [7n, JPY]));
    expect(totalOf(both)).toBeNull();
  });

  it('is no total while a rate is missing, and counts what misses one', () => {
    const partly = sum([1_000n, EUR], [100n, JPY], [5n, EUR, false]);
    expect(totalOf(partly)).toBeNull();
    expect(partly.missing).toBe(4);
    expect(partly.byCurrency.get(JPY)).toBe(100n);
  });
});

describe('costPer', () => {
  it.each([
    ['in the only currency, without a rate', sum([10_000n, EUR, false]), 3n * ONE_PPM, [3_333n, EUR]],
    ['half a minor unit away from zero', sum([5n, USD]), 2n * ONE_PPM, [3n, USD]],
    ['by a part of a conversion', sum([10_000n, USD]), 500_000n, [20_000n, USD]],
    [
      'in the reporting currency when there are several',
      sum([1_000n, EUR], [900n, USD]),
      ONE_PPM,
      [2_000n, USD],
    ],
    ['nothing was spent, and that was said', sum([0n, USD]), ONE_PPM, [0n, USD]],
  ] as const)('%s', (_what, spend, countPpm, [amountMinor, code]) => {
    expect(costPer(spend, countPpm)).toEqual({ amountMinor, currency: code });
  });

  it.each([
    ['there is nobody', sum([1_000n, EUR]), 0n],
    ['no spend was recorded', sum(), ONE_PPM],
    ['a rate is missing', sum([1_000n, EUR, false], [1n, USD]), ONE_PPM],
  ])('is null when %s', (_what, spend, countPpm) => {
    expect(costPer(spend, countPpm)).toBeNull();
  });
});

describe('returnOn', () => {
  it.each([
    ['in the only currency', sum([1_000n, EUR, false]), sum([2_500n, EUR, false]), '2.5000'],
    ['across currencies by the reporting one', sum([1_000n, EUR]), sum([2_200n, USD]), '2.0000'],
    ['a loss', sum([1_000n, USD]), sum([-333n, USD]), '-0.3330'],
    ['rounded half away from zero', sum([30_000n, USD]), sum([20_001n, USD]), '0.6667'],
    ['nothing spent', sum([0n, USD]), sum([1n, USD]), null],
    ['nothing returned yet', sum([1_000n, USD]), sum(), null],
    ['no spend recorded', sum(), sum([1_000n, USD]), null],
    ['a rate is missing', sum([1_000n, EUR, false]), sum([1_000n, USD]), null],
  ])('%s', (_what, spend, returns, expected) => {
    expect(returnOn(spend, returns, 'unknown')).toBe(expected);
  });

  it('is zero when we would know of returns and there are none', () => {
    expect(returnOn(sum([1_000n, EUR]), sum(), 'zero')).toBe('0.0000');
    expect(returnOn(sum(), sum(), 'zero')).toBeNull();
  });
});

describe('ratio', () => {
  it.each([
    [1n, 3n, '0.3333'],
    [2n, 3n, '0.6667'],
    [-1n, 2n, '-0.5000'],
    [1n, 20_000n, '0.0001'],
    [-1n, 100_000n, '0.0000'],
    [7n, 0n, null],
  ])('%s by %s is %s', (numerator, denominator, expected) => {
    expect(ratio(numerator, denominator)).toBe(expected);
  });
});
