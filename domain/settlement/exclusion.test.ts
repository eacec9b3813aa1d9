import fc from 'fast-check';
import type { Fact } from '../facts';
import { bookSummary, conversionIn } from '../testing/book-summary';
import { circumstances } from '../testing/circumstances';
import { factSet, permutations } from '../testing/fact-sets';
import { aDeal, aDeposit, aRegistration, aSelfExclusion, CLICKED_AT_MS, testId } from '../testing/facts';
import { settled } from '../testing/settled';
import { canonical, deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import { exclusionsOf, isExcludedAt } from './exclusion';
import { postbackDuties } from './postback-duties';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const settle = (facts: readonly Fact[]) => settled(facts, { deals: [aDeal()] });
const owner = { playerId: testId('ply', 1), brandId: testId('brd', 1) };
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = (days: number) => aDeposit({ transactionKey: `d${days}`, occurredAtMs: day(days) });
const exclusion = (fromDays: number, untilDays?: number) =>
  aSelfExclusion({
    transactionKey: `x${fromDays}`,
    occurredAtMs: day(fromDays),
    untilMs: untilDays === undefined ? null : day(untilDays),
  });

describe('isExcludedAt', () => {
  const exclusions = exclusionsOf([exclusion(2, 4), exclusion(8), deposit(5)]);

  it.each([
    ['before', day(2) - 1, false],
    ['from its first moment', day(2), true],
    ['to its last one', day(4) - 1, true],
    ['at its end', day(4), false],
    ['between two', day(5), false],
    ['for good', day(4_000), true],
  ])('%s', (_name, atMs, expected) => {
    expect(isExcludedAt(exclusions, atMs)).toBe(expected);
  });

  it('counts a report whatever fraud rules say of it', () => {
    expect(isExcludedAt(exclusionsOf([{ ...exclusion(2), outcome: 'block' }]), day(3))).toBe(true);
  });
});

describe('a deposit of a self-excluded player', () => {
  it('that occurred before the exclusion still pays and is still reported', () => {
    const books = settle([registration, deposit(2), exclusion(3)]);
    expect(bookSummary(books)).toContain('deposit d2, approved, first, credited, 2500 EUR first_deposit');
    expect(postbackDuties(conversionIn(books, 'deposit d2'), owner)).toHaveLength(2);
  });

  it('that occurred after it is credited, earns nothing and is reported to nobody', () => {
    const books = settle([registration, deposit(4), exclusion(3)]);
    expect(bookSummary(books)).toContain('deposit d4, approved, first, credited, 0 EUR self_excluded');
    expect(postbackDuties(conversionIn(books, 'deposit d4'), owner)).toEqual([]);
    expect(postbackDuties(conversionIn(books, 'registration registration-1'), owner)).toHaveLength(1);
  });

  it('that occurred after its end is reported again, and a first one earns', () => {
    const books = settle([registration, deposit(6), exclusion(3, 5)]);
    expect(bookSummary(books)).toContain('deposit d6, approved, first, credited, 2500 EUR first_deposit');
  });

  it('of the time between two exclusions keeps what it earned', () => {
    const books = settle([registration, deposit(6), exclusion(3, 5), exclusion(8)]);
    expect(bookSummary(books)).toContain('deposit d6, approved, first, credited, 2500 EUR first_deposit');
  });

  it('decides nothing anew when a second exclusion covers it too', () => {
    const once = conversionIn(settle([registration, deposit(4), exclusion(3)]), 'deposit d4');
    const twice = conversionIn(
      settle([registration, deposit(4), exclusion(3), exclusion(2, 9)]),
      'deposit d4',
    );
    expect(twice.inputs).toBe(once.inputs);
  });
});

describe('in every order', () => {
  it.each([
    ['before the exclusion', 3, -2_500n],
    ['after it', 1, undefined],
  ])('of arrival, a first deposit %s leaves the same balances', (_name, excludedOn, payable) => {
    for (const order of permutations([registration, deposit(2), deposit(4), exclusion(excludedOn)])) {
      const stored = new StoredBooks();
      for (const index of order.keys()) stored.write(settle(order.slice(0, index + 1)));
      expect(stored.balances[`payable:${testId('ptn', 1)} EUR`]).toBe(payable);
      expect(stored.balances).toEqual(deservedBalances(settle(order)));
      expect(canonical(settle(order))).toBe(canonical(settle([...order].reverse())));
    }
  });

  it('no fact set pays for what occurred during an exclusion', () => {
    fc.assert(
      fc.property(factSet, circumstances, (facts, given) => {
        const exclusions = exclusionsOf(facts);
        const { conversions } = settled(facts, given);
        for (const conversion of conversions) {
          const isExcluded = isExcludedAt(exclusions, conversion.fact.occurredAtMs);
          expect(conversion.isExcluded ?? false).toBe(isExcluded);
          if (!isExcluded) continue;
          expect(conversion.lines.every((line) => line.amountMinor === 0n)).toBe(true);
          expect(postbackDuties({ ...conversion, chargebacks: [] }, owner)).toEqual([]);
        }
      }),
      { seed: 86, numRuns: 1_000 },
    );
  });
});
