import fc from 'fast-check';
import type { Fact } from '../facts';
import { deriveDeposits } from '../settlement/deposits';
import { factSet, permutations, shuffled } from '../testing/fact-sets';
import { aDeposit, anNgr, aWithdrawal, CLICKED_AT_MS, money } from '../testing/facts';
import { DAY_MS } from '../time';
import { playerValues } from './player-value';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const valuesOf = (...facts: Fact[]) => playerValues(deriveDeposits(facts), facts);
const november = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 11, 1) };

describe('playerValues: withdrawals', () => {
  const withdrawn = (...facts: Fact[]) =>
    valuesOf(...facts).map((v) => [v.currency, v.withdrawalCount, v.withdrawalTotalMinor]);

  it('counts confirmed ones, per currency, beside the deposits', () => {
    const usd = aWithdrawal({ transactionKey: 'w2', money: money('5.00 USD') });
    expect(withdrawn(aDeposit(), aWithdrawal(), usd)).toEqual([
      ['EUR', 1, 4_000n],
      ['USD', 1, 500n],
    ]);
    expect(valuesOf(aDeposit(), aWithdrawal())[0]?.totalMinor).toBe(10_000n);
  });

  it.each(['pending', 'failed', 'reversed'] as const)('does not count one that is only %s', (status) => {
    expect(withdrawn(aWithdrawal({ status }))).toEqual([]);
  });

  it('does not count one that was reversed or blocked, and still counts one under review', () => {
    const reversed = aWithdrawal({ status: 'reversed' });
    for (const order of permutations([aWithdrawal(), reversed])) {
      expect(withdrawn(...order)).toEqual([['EUR', 0, 0n]]);
    }
    expect(withdrawn(aWithdrawal({ outcome: 'block' }))).toEqual([]);
    expect(withdrawn(aWithdrawal({ outcome: 'review' }))).toEqual([['EUR', 1, 4_000n]]);
  });
});

describe('playerValues: NGR', () => {
  const ngrOf = (...facts: Fact[]) => valuesOf(...facts).map((v) => [v.currency, v.ngrTotalMinor]);

  it('is null where none was supplied, which is not zero', () => {
    expect(ngrOf(aDeposit())).toEqual([['EUR', null]]);
    expect(ngrOf(anNgr({ money: money('0.00 EUR') }))).toEqual([['EUR', 0n]]);
  });

  it('adds up periods, and keeps a negative sum', () => {
    const loss = anNgr({ transactionKey: 'n2', period: november, money: money('-20.00 EUR') });
    expect(ngrOf(anNgr(), loss)).toEqual([['EUR', -750n]]);
  });

  it('takes of each period and currency what was stated last by its own time', () => {
    const restated = anNgr({ transactionKey: 'n2', occurredAtMs: day(9), money: money('-3.00 EUR') });
    const dollars = anNgr({ transactionKey: 'n3', occurredAtMs: day(10), money: money('1.00 USD') });
    for (const order of permutations([anNgr(), restated, dollars])) {
      expect(ngrOf(...order)).toEqual([
        ['EUR', -300n],
        ['USD', 100n],
      ]);
    }
  });

  it('of two statements of one time takes the one with the higher key', () => {
    const other = anNgr({ transactionKey: 'ngr-0', money: money('99.00 EUR') });
    expect(ngrOf(anNgr(), other)).toEqual([['EUR', 1_250n]]);
    expect(ngrOf(other, anNgr())).toEqual([['EUR', 1_250n]]);
  });
});

it('depends on the set and not on its order', () => {
  const pair = factSet.chain((facts) => fc.tuple(fc.constant(facts), shuffled(facts)));
  fc.assert(
    fc.property(pair, ([facts, other]) => {
      expect(valuesOf(...other)).toEqual(valuesOf(...facts));
    }),
    { seed: 84, numRuns: 500 },
  );
});
