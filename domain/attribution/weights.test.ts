import fc from 'fast-check';
import { allocate } from '../money';
import { DAY_MS } from '../time';
import { ATTRIBUTION_MODELS, type AttributionModel } from './models';
import { type Weighable, weightsOf } from './weights';

/** A path by the ages of its touches in days; those named direct were sent by nobody. */
const path = (ages: readonly number[], direct: readonly number[] = []): Weighable[] =>
  ages.map((days, index) => ({ ageMs: days * DAY_MS, isDirect: direct.includes(index) }));

/** The weights divided by what all of them have in common. */
const inLowestTerms = (weights: readonly bigint[]): number[] => {
  const divisor = weights.reduce((a, b) => commonDivisor(a, b), 0n);
  return weights.map((weight) => Number(weight / divisor));
};
function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

describe('weightsOf', () => {
  it.each<[string, AttributionModel, Weighable[], number[]]>([
    ['the last of three', 'last_touch', path([9, 5, 1]), [0, 0, 1]],
    ['the first of three', 'first_touch', path([9, 5, 1]), [1, 0, 0]],
    ['the only one', 'first_touch', path([9]), [1]],
    ['equal parts', 'linear', path([9, 5, 1]), [1, 1, 1]],
    ['the last when somebody sent it', 'last_non_direct', path([9, 5, 1]), [0, 0, 1]],
    ['the last that somebody sent', 'last_non_direct', path([9, 5, 1], [1, 2]), [1, 0, 0]],
    ['one between two direct ones', 'last_non_direct', path([9, 5, 1], [0, 2]), [0, 1, 0]],
    ['the last when nobody sent any', 'last_non_direct', path([9, 5, 1], [0, 1, 2]), [0, 0, 1]],
    ['the whole to one', 'position_based', path([9]), [1]],
    ['half to each of two', 'position_based', path([9, 5]), [1, 1]],
    ['40, 20 and 40 % of three', 'position_based', path([9, 5, 1]), [2, 1, 2]],
    ['40, 10, 10 and 40 % of four', 'position_based', path([9, 7, 5, 1]), [4, 1, 1, 4]],
    [
      '40 %, three times a third of 20 %, 40 % of five',
      'position_based',
      path([9, 7, 5, 3, 1]),
      [6, 1, 1, 1, 6],
    ],
  ])('gives %s (%s)', (_name, model, touches, weights) => {
    expect(inLowestTerms(weightsOf(model, touches, 7))).toEqual(weights);
  });

  it('gives an empty path no weights', () => {
    for (const model of ATTRIBUTION_MODELS) expect(weightsOf(model, [], 7)).toEqual([]);
  });
});

describe('weightsOf: time decay', () => {
  it.each<[string, number[], number, number[]]>([
    ['0, 7, 14 and 28 days at 7: 16, 8, 4 and 1 of 29', [0, 7, 14, 28], 7, [16, 8, 4, 1]],
    ['21, 14, 7 and 0 days at 7: 1, 2, 4 and 8 of 15', [21, 14, 7, 0], 7, [1, 2, 4, 8]],
    ['equal ages: equal parts, however old', [9, 9, 9], 7, [1, 1, 1]],
    ['0, 1 and 3 days at 1', [0, 1, 3], 1, [8, 4, 1]],
    ['0, 30 and 90 days at 30', [0, 30, 90], 30, [8, 4, 1]],
    ['90 and 0 days at 90', [90, 0], 90, [1, 2]],
    ['an age below zero counts as none', [0, -1], 7, [1, 1]],
  ])('of %s', (_name, ages, halfLifeDays, weights) => {
    expect(inLowestTerms(weightsOf('time_decay', path(ages), halfLifeDays))).toEqual(weights);
  });

  it('is the square root of a half after half a half-life', () => {
    const [now = 0n, then = 0n] = weightsOf('time_decay', path([0, 3.5]), 7);
    expect(Number(then) / Number(now)).toBeCloseTo(Math.SQRT1_2, 9);
  });

  it('gives whatever is ancient a weight above zero, and everybody else a greater one', () => {
    const [ancient = 0n, now = 0n] = weightsOf('time_decay', path([90, 0]), 1);
    expect(ancient).toBe(1n);
    expect(now).toBe(2n ** 40n);
  });

  it('never weighs an older touch more', () => {
    const ages = fc.array(fc.integer({ min: 0, max: 90 * DAY_MS }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(ages, fc.integer({ min: 1, max: 90 }), (list, halfLifeDays) => {
        const oldestFirst = [...list].sort((a, b) => b - a).map((ageMs) => ({ ageMs, isDirect: false }));
        const weights = weightsOf('time_decay', oldestFirst, halfLifeDays);
        expect(weights).toEqual([...weights].sort((a, b) => Number(a - b)));
      }),
      { seed: 31, numRuns: 500 },
    );
  });
});

describe('amounts split by weights', () => {
  it.each<[string, bigint, readonly bigint[], bigint[]]>([
    ['100 by three equal ones', 100n, weightsOf('linear', path([2, 1, 0]), 7), [34n, 33n, 33n]],
    [
      '10,000 by 16, 8, 4 and 1',
      10_000n,
      weightsOf('time_decay', path([0, 7, 14, 28]), 7),
      [5_517n, 2_759n, 1_379n, 345n],
    ],
    ['100 by position of three', 100n, weightsOf('position_based', path([2, 1, 0]), 7), [40n, 20n, 40n]],
    ['101 by position of two', 101n, weightsOf('position_based', path([1, 0]), 7), [51n, 50n]],
    [
      '100 by position of five',
      100n,
      weightsOf('position_based', path([4, 3, 2, 1, 0]), 7),
      [40n, 7n, 7n, 6n, 40n],
    ],
  ])('%s', (_name, amount, weights, parts) => {
    expect(allocate(amount, weights)).toEqual(parts);
  });

  it('add up to the whole for every model and path, and no weight is below zero', () => {
    const touches = fc.array(
      fc.record({ ageMs: fc.integer({ min: -1_000, max: 120 * DAY_MS }), isDirect: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
    const halfLifeDays = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTRIBUTION_MODELS),
        touches,
        halfLifeDays,
        amount,
        (model, list, days, minor) => {
          const weights = weightsOf(model, list, days);
          expect(weights).toHaveLength(list.length);
          expect(weights.every((weight) => weight >= 0n)).toBe(true);
          expect(allocate(minor, weights).reduce((sum, part) => sum + part, 0n)).toBe(minor);
        },
      ),
      { seed: 32, numRuns: 1_000 },
    );
  });
});
