import fc from 'fast-check';
import { byOwnTime, DEPOSIT_STATUSES } from './facts';
import { factSet } from './testing/fact-sets';
import { aDeposit, aRegistration, CLICKED_AT_MS, testId } from './testing/facts';

describe('byOwnTime', () => {
  const base = { occurredAtMs: CLICKED_AT_MS, transactionKey: 'b', senderEventId: 'b' };

  it.each([
    ['an earlier time', { occurredAtMs: CLICKED_AT_MS - 1, transactionKey: 'z' }],
    ['the lower transaction at equal times', { transactionKey: 'a', senderEventId: 'z' }],
    ['the lower event id of one transaction', { senderEventId: 'a' }],
  ])('%s comes first', (_name, changes) => {
    const [a, b] = [aDeposit({ ...base, ...changes }), aDeposit(base)];
    expect(byOwnTime(a, b)).toBeLessThan(0);
    expect(byOwnTime(b, a)).toBeGreaterThan(0);
  });

  it('never looks at our own ids, which follow arrival', () => {
    const [a, b] = [
      aDeposit({ ...base, eventId: testId('evt', 1) }),
      aDeposit({ ...base, eventId: testId('evt', 2) }),
    ];
    expect(byOwnTime(a, b)).toBe(0);
    expect(byOwnTime(aRegistration(base), a)).toBe(0);
  });

  it('is an order', () => {
    fc.assert(
      fc.property(factSet, (facts) => {
        const sorted = [...facts].sort(byOwnTime);
        for (const [index, fact] of sorted.entries()) {
          for (const later of sorted.slice(index)) {
            expect(byOwnTime(fact, later)).toBeLessThanOrEqual(0);
            expect(Math.sign(byOwnTime(later, fact))).toBe(0 - Math.sign(byOwnTime(fact, later)));
          }
        }
      }),
      { seed: 65, numRuns: 300 },
    );
  });
});

describe('the ranks of a deposit', () => {
  it('go from pending over failed and confirmed to reversed', () => {
    expect(DEPOSIT_STATUSES).toEqual(['pending', 'failed', 'confirmed', 'reversed']);
  });
});
