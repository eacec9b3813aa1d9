import fc from 'fast-check';
import { aTouch, money, testId } from '../testing/facts';
import { shareCredit, WHOLE_PPM } from './credits';

const touches = Array.from({ length: 8 }, (_, index) => aTouch({ clickId: testId('clk', index + 1) }));
const share = (weights: readonly bigint[]) =>
  touches.slice(0, weights.length).map((touch, index) => ({ touch, weight: weights[index] ?? 0n }));

describe('shareCredit', () => {
  it('gives one touch everything', () => {
    expect(shareCredit(share([1n]), money('49.90 EUR'))).toEqual([
      { touch: touches[0], weightPpm: WHOLE_PPM, amountMinor: 4_990n },
    ]);
  });

  it('gives the earlier of equal touches what cannot be split', () => {
    const credits = shareCredit(share([1n, 1n, 1n]), money('1.00 EUR'));
    expect(credits.map((credit) => credit.weightPpm)).toEqual([333_334, 333_333, 333_333]);
    expect(credits.map((credit) => credit.amountMinor)).toEqual([34n, 33n, 33n]);
  });

  it('has weights but no amounts without a value', () => {
    expect(shareCredit(share([1n, 3n]), null)).toEqual([
      { touch: touches[0], weightPpm: 250_000, amountMinor: null },
      { touch: touches[1], weightPpm: 750_000, amountMinor: null },
    ]);
  });

  it('gives touches of no weight no credit', () => {
    const credits = shareCredit(share([0n, 2n, 0n]), money('1.00 EUR'));
    expect(credits).toEqual([{ touch: touches[1], weightPpm: WHOLE_PPM, amountMinor: 100n }]);
    expect(shareCredit(share([0n, 0n]), money('1.00 EUR'))).toEqual([]);
    expect(shareCredit([], money('1.00 EUR'))).toEqual([]);
  });

  it('gives a touch of less than a millionth no credit', () => {
    const credits = shareCredit(share([1n, 10_000_000n]), money('1.00 EUR'));
    expect(credits).toEqual([{ touch: touches[1], weightPpm: WHOLE_PPM, amountMinor: 100n }]);
  });

  it('adds up to exactly one and exactly the value, whatever the weights', () => {
    const weight = fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));
    const weights = fc
      .array(weight, { minLength: 1, maxLength: touches.length })
      .filter((list) => list.some((one) => one > 0n));
    const amountMinor = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
    fc.assert(
      fc.property(weights, amountMinor, (list, value) => {
        const credits = shareCredit(share(list), { ...money('0.00 EUR'), amountMinor: value });
        expect(credits.reduce((sum, credit) => sum + credit.weightPpm, 0)).toBe(WHOLE_PPM);
        expect(credits.reduce((sum, credit) => sum + (credit.amountMinor ?? 0n), 0n)).toBe(value);
        expect(credits.every((credit) => credit.weightPpm >= 1)).toBe(true);
      }),
      { seed: 43, numRuns: 1_000 },
    );
  });
});
