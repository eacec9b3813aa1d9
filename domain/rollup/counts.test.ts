import fc from 'fast-check';
import type { Currency } from '../currencies';
import { addCounts, type Counts, commissionPerFirstDepositor, NO_COUNTS } from './counts';

const EUR = 'EUR' as Currency;
const USD = 'USD' as Currency;
const amounts = fc
  .array(
    fc.tuple(
      fc.constantFrom(EUR, USD),
      fc.bigInt({ min: -500n, max: 500n }).filter((n) => n !== 0n),
    ),
    {
      maxLength: 2,
    },
  )
  .map((entries) => new Map(entries));
const count = fc.bigInt({ min: 0n, max: 10_000_000n });
const counts: fc.Arbitrary<Counts> = fc.record({
  clicks: count,
  impressions: count,
  blockedClicks: count,
  reviewClicks: count,
  installsPpm: count,
  registrationsPpm: count,
  depositsPpm: count,
  firstDepositorsPpm: count,
  deposits: amounts,
  commission: amounts,
});

describe('addCounts', () => {
  it('gives the same in any order and grouping', () => {
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(addCounts(a, b)).toEqual(addCounts(b, a));
        expect(addCounts(addCounts(a, b), c)).toEqual(addCounts(a, addCounts(b, c)));
        expect(addCounts(a, NO_COUNTS)).toEqual(a);
      }),
    );
  });

  it('forgets a currency in which everything was taken back', () => {
    const booked = { ...NO_COUNTS, commission: new Map([[EUR, 50n]]) };
    const takenBack = { ...NO_COUNTS, commission: new Map([[EUR, -50n]]) };
    expect(addCounts(booked, takenBack)).toEqual(NO_COUNTS);
  });
});

describe('commissionPerFirstDepositor', () => {
  const of = (commission: [Currency, bigint][], firstDepositorsPpm: bigint) =>
    commissionPerFirstDepositor({ ...NO_COUNTS, commission: new Map(commission), firstDepositorsPpm });

  it.each([
    ['a whole one', [[EUR, 5_000n]], 1_000_000n, { amountMinor: 5_000n, currency: EUR }],
    ['half of one', [[EUR, 2_500n]], 500_000n, { amountMinor: 5_000n, currency: EUR }],
    ['rounded once', [[EUR, 100n]], 3_000_000n, { amountMinor: 33n, currency: EUR }],
    ['nobody', [[EUR, 100n]], 0n, null],
    ['no commission', [], 1_000_000n, null],
    [
      'two currencies',
      [
        [EUR, 100n],
        [USD, 100n],
      ],
      1_000_000n,
      null,
    ],
  ] as [string, [Currency, bigint][], bigint, unknown][])('%s', (_what, commission, ppm, expected) => {
    expect(of(commission, ppm)).toEqual(expected);
  });
});
