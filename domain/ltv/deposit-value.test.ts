import fc from 'fast-check';
import type { Fact } from '../facts';
import { deriveDeposits } from '../settlement/deposits';
import { factSet, shuffled } from '../testing/fact-sets';
import { aChargeback, aDeposit, CLICKED_AT_MS, money } from '../testing/facts';
import { DAY_MS } from '../time';
import { depositValues } from './deposit-value';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const valuesOf = (...facts: Fact[]) => depositValues(deriveDeposits(facts));
const deposit = (transactionKey: string, days: number, amount: string) =>
  aDeposit({ transactionKey, occurredAtMs: day(days), money: money(amount) });
const eur = {
  currency: 'EUR',
  count: 0,
  totalMinor: 0n,
  firstAtMs: null,
  lastAtMs: null,
  chargebackCount: 0,
  chargebackTotalMinor: 0n,
};
const one = { ...eur, count: 1, totalMinor: 5_000n, firstAtMs: day(1), lastAtMs: day(1) };

describe('depositValues', () => {
  it('is empty without a confirmed deposit', () => {
    expect(valuesOf()).toEqual([]);
    for (const status of ['pending', 'failed', 'reversed'] as const) {
      expect(valuesOf(aDeposit({ status }))).toEqual([]);
    }
  });

  it('counts and sums, with the first and the last by their own time', () => {
    const facts = [deposit('b', 3, '30.00 EUR'), deposit('a', 1, '50.00 EUR'), deposit('c', 2, '0.05 EUR')];
    expect(valuesOf(...facts)).toEqual([
      { ...eur, count: 3, totalMinor: 8_005n, firstAtMs: day(1), lastAtMs: day(3) },
    ]);
  });

  it('keeps currencies apart, in the order of their codes', () => {
    const values = valuesOf(
      deposit('a', 1, '50.00 USD'),
      deposit('b', 2, '50 JPY'),
      deposit('c', 1, '50.00 EUR'),
    );
    expect(values.map(({ currency, totalMinor }) => [currency, totalMinor])).toEqual([
      ['EUR', 5_000n],
      ['JPY', 50n],
      ['USD', 5_000n],
    ]);
  });

  it('leaves out a blocked deposit and keeps one under review', () => {
    const blocked = aDeposit({ transactionKey: 'b', outcome: 'block' });
    const doubtful = aDeposit({
      transactionKey: 'c',
      outcome: 'review',
      occurredAtMs: day(1),
      money: money('50.00 EUR'),
    });
    expect(valuesOf(blocked)).toEqual([]);
    expect(valuesOf(blocked, doubtful)).toEqual([one]);
  });

  it.each([
    ['a chargeback of all', aChargeback({ refersTo: 'b', money: money('30.00 EUR') })],
    ['a reversal', aDeposit({ transactionKey: 'b', status: 'reversed', occurredAtMs: day(9) })],
  ])('after %s says what it said before the deposit', (_name, takenBack) => {
    const second = deposit('b', 2, '30.00 EUR');
    expect(valuesOf(deposit('a', 1, '50.00 EUR'), second, takenBack)).toEqual([
      { ...one, chargebackCount: 1, chargebackTotalMinor: 3_000n },
    ]);
    expect(valuesOf(second, takenBack)).toEqual([
      { ...eur, chargebackCount: 1, chargebackTotalMinor: 3_000n },
    ]);
  });

  it('keeps a deposit that was taken back in part, less that part', () => {
    const part = aChargeback({ refersTo: 'a', money: money('20.00 EUR') });
    expect(valuesOf(deposit('a', 1, '50.00 EUR'), part)).toEqual([
      { ...one, totalMinor: 3_000n, chargebackCount: 1, chargebackTotalMinor: 2_000n },
    ]);
  });

  it('never counts more as taken back than was paid', () => {
    const much = aChargeback({ refersTo: 'a', money: money('80.00 EUR') });
    const more = aChargeback({ transactionKey: 'more', refersTo: 'a', money: money('80.00 EUR') });
    expect(valuesOf(deposit('a', 1, '50.00 EUR'), much, more)).toEqual([
      { ...eur, chargebackCount: 1, chargebackTotalMinor: 5_000n },
    ]);
  });
});

describe('depositValues, for any facts', () => {
  it('is what was confirmed, less what was taken back, and never negative', () => {
    fc.assert(
      fc.property(factSet, (facts) => {
        for (const value of valuesOf(...facts)) {
          const confirmed = facts.filter(
            (fact) =>
              fact.kind === 'deposit' &&
              fact.status === 'confirmed' &&
              fact.outcome !== 'block' &&
              fact.money.currency === value.currency,
          );
          const paid = confirmed.reduce(
            (sum, fact) => sum + (fact.kind === 'deposit' ? fact.money.amountMinor : 0n),
            0n,
          );
          expect(value.totalMinor + value.chargebackTotalMinor).toBe(paid);
          expect(value.totalMinor >= 0n && value.chargebackTotalMinor >= 0n).toBe(true);
          expect(value.count).toBeLessThanOrEqual(confirmed.length);
          expect(value.firstAtMs === null).toBe(value.count === 0);
          expect(value.totalMinor > 0n).toBe(value.count > 0);
        }
      }),
      { seed: 81, numRuns: 500 },
    );
  });

  it('depends on the set and not on its order', () => {
    const pair = factSet.chain((facts) => fc.tuple(fc.constant(facts), shuffled(facts)));
    fc.assert(
      fc.property(pair, ([facts, other]) => {
        expect(valuesOf(...other)).toEqual(valuesOf(...facts));
      }),
      { seed: 82, numRuns: 500 },
    );
  });
});
