import fc from 'fast-check';
import { WHOLE_PPM } from '../attribution/credits';
import type { Fact, Touch } from '../facts';
import { type Circumstances, circumstances } from '../testing/circumstances';
import { factSet, permutations, shuffled, subsets } from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aRegistration,
  aTouch,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { canonical, deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import type { Books } from './books';
import { isCounted } from './books';

/** What reaches the house, one after the other: an event, or the row of a click or a view that was late. */
type Arrival = { readonly fact: Fact } | { readonly touch: Touch };

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const facts: Fact[] = [
  aRegistration({ occurredAtMs: day(1) }),
  aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) }),
  aDeposit({ transactionKey: 'd2', occurredAtMs: day(3), money: money('70.00 EUR') }),
  aChargeback({ refersTo: 'd1', occurredAtMs: day(4) }),
];
const deals = [
  aDeal(),
  aDeal({ dealId: testId('dea', 2), version: 2, cpa: money('40.00 EUR'), validFromMs: day(2) }),
];
const arrivals: Arrival[] = [...facts.map((fact) => ({ fact })), { touch: aTouch() }];

function settle(known: readonly Arrival[], given: Partial<Circumstances> = { deals }): Books {
  const touches = known.flatMap((arrival) => ('touch' in arrival ? [arrival.touch] : []));
  return settled(
    known.flatMap((arrival) => ('fact' in arrival ? [arrival.fact] : [])),
    {
      ...given,
      clicks: touches.filter((touch) => touch.kind === 'click'),
      views: touches.filter((touch) => touch.kind === 'view'),
    },
  );
}

/** Settles after every arrival, as the workflows do, and gives what is stored in the end. */
function settleOneByOne(order: readonly Arrival[], given?: Partial<Circumstances>): StoredBooks {
  const stored = new StoredBooks();
  for (const index of order.keys()) stored.write(settle(order.slice(0, index + 1), given));
  return stored;
}

const byKey = (conversions: Books['conversions']): string[] => conversions.map(canonical).sort();
const copyOf = (arrival: Arrival): Arrival =>
  'fact' in arrival ? { fact: { ...arrival.fact } } : { touch: { ...arrival.touch } };

describe('registration, two deposits, a chargeback and a late click row', () => {
  const orders = permutations(arrivals);
  const expected = settle(arrivals);

  it('have 120 orders, and books in which the first deposit was taken back', () => {
    expect(orders).toHaveLength(120);
    expect(expected.conversions.map(({ status }) => status)).toEqual(['approved', 'reversed', 'approved']);
    expect(deservedBalances(expected)).toEqual({});
  });

  it('give the same books in every order', () => {
    const books = new Set(orders.map((order) => canonical(settle(order))));
    expect([...books]).toEqual([canonical(expected)]);
  });

  it('give the same books however many of them come twice', () => {
    const books = new Set(
      orders.flatMap((order) =>
        subsets(order).flatMap((again) => [
          canonical(settle([...order, ...again.map(copyOf)])),
          canonical(settle([...again.map(copyOf), ...order])),
        ]),
      ),
    );
    expect([...books]).toEqual([canonical(expected)]);
  });

  it('leave the same conversions and balances in every order, settled one by one', () => {
    for (const order of orders) {
      const stored = settleOneByOne(order);
      expect(byKey(stored.storedConversions)).toEqual(byKey(expected.conversions));
      expect(stored.balances).toEqual({});
      expect(stored.write(expected)).toBe(0);
    }
  });

  it('without the chargeback leave the commission of the pinned deal in every order', () => {
    const calm = arrivals.filter((arrival) => !('fact' in arrival && arrival.fact.kind === 'chargeback'));
    for (const order of permutations(calm)) {
      expect(settleOneByOne(order).balances).toEqual({
        [`expense:commission:${testId('cmp', 1)} EUR`]: 2_500n,
        [`payable:${testId('ptn', 1)} EUR`]: -2_500n,
      });
    }
  });
});

describe('any events of a player', () => {
  /** What arrives of the player, in one order and in another; and what decides his books beside it. */
  type Life = { readonly set: Arrival[]; readonly other: Arrival[]; readonly given: Circumstances };
  const life: fc.Arbitrary<Life> = fc.tuple(factSet, circumstances).chain(([facts, given]) => {
    const touches = [...given.clicks, ...given.views].map((touch): Arrival => ({ touch }));
    const set = [...facts.map((fact): Arrival => ({ fact })), ...touches];
    return shuffled(set).map((other) => ({ set, other, given }));
  });

  it('give the same books in another order, and when some come twice', () => {
    fc.assert(
      fc.property(life, fc.nat(9), ({ set, other, given }, repeated) => {
        const expected = canonical(settle(set, given));
        expect(canonical(settle(other, given))).toBe(expected);
        expect(canonical(settle([...other, ...set.slice(0, repeated).map(copyOf)], given))).toBe(expected);
      }),
      { seed: 91, numRuns: 2_000 },
    );
  });

  it('leave the conversions and balances that they deserve, settled one by one in any order', () => {
    fc.assert(
      fc.property(life, ({ set, other, given }) => {
        const expected = settle(set, given);
        const stored = settleOneByOne(other, given);
        expect(byKey(stored.storedConversions)).toEqual(byKey(expected.conversions));
        expect(stored.balances).toEqual(deservedBalances(expected));
        for (const journal of stored.journals) {
          for (const code of new Set(journal.map((entry) => entry.currency))) {
            const ofCode = journal.filter((entry) => entry.currency === code);
            expect(ofCode.reduce((sum, entry) => sum + entry.amountMinor, 0n)).toBe(0n);
          }
        }
      }),
      { seed: 92, numRuns: 2_000 },
    );
  });

  it('are judged without our own ids, which follow arrival', () => {
    const numbered = (set: readonly Arrival[], from: number): Arrival[] =>
      set.map((arrival, index) =>
        'fact' in arrival
          ? { fact: { ...arrival.fact, eventId: testId('evt', Math.abs(from - index)) } }
          : arrival,
      );
    const withoutIds = (books: Books) => canonical(books).replaceAll(/evt_\w{26}/g, 'evt');
    fc.assert(
      fc.property(life, ({ set, given }) => {
        const expected = withoutIds(settle(numbered(set, 0), given));
        expect(withoutIds(settle(numbered(set, 100), given))).toBe(expected);
      }),
      { seed: 93, numRuns: 500 },
    );
  });

  it('have one first deposit at most, one fixed commission per partner, and credits of the whole value', () => {
    fc.assert(
      fc.property(life, ({ set, given }) => {
        const { conversions } = settle(set, given);
        expect(conversions.filter(({ isFirstDeposit }) => isFirstDeposit).length).toBeLessThanOrEqual(1);
        const fixed = conversions
          .flatMap(({ lines }) => lines)
          .filter(({ kind, amountMinor }) => kind !== 'percent' && amountMinor !== 0n)
          .map(({ kind, partnerId }) => `${kind} ${partnerId}`);
        expect(new Set(fixed).size).toBe(fixed.length);
        for (const { credits, value, status } of conversions) {
          expect(status === 'rejected' && credits.length > 0).toBe(false);
          if (credits.length === 0) continue;
          expect(credits.reduce((sum, credit) => sum + credit.weightPpm, 0)).toBe(WHOLE_PPM);
          const shared = credits.reduce((sum, credit) => sum + (credit.amountMinor ?? 0n), 0n);
          expect(shared).toBe(value?.amountMinor ?? 0n);
        }
      }),
      { seed: 94, numRuns: 1_000 },
    );
  });

  it('pay credited clicks only: a first deposit, a part of a deposit, or a registration', () => {
    fc.assert(
      fc.property(life, ({ set, given }) => {
        for (const { kind, status, isFirstDeposit, credits, lines } of settle(set, given).conversions) {
          const paid = credits.flatMap(({ touch }) => (touch.kind === 'click' ? [touch.partnerId] : []));
          for (const line of lines) {
            expect(paid).toContain(line.partnerId);
            expect(kind).toBe(line.kind === 'cpl' ? 'registration' : 'deposit');
            expect(line.kind === 'cpa' && !isFirstDeposit).toBe(false);
            expect(line.amountMinor > 0n && !isCounted(status)).toBe(false);
            expect(line.amountMinor < 0n).toBe(false);
          }
        }
      }),
      { seed: 95, numRuns: 1_000 },
    );
  });

  it('are qualified exactly while an amount is held, and due when the first hold ends', () => {
    fc.assert(
      fc.property(life, ({ set, given }) => {
        const { conversions, dueAtMs } = settle(set, given);
        for (const { status, lines } of conversions) {
          const held = lines.filter(({ stage }) => stage === 'qualified');
          expect(held.length > 0).toBe(status === 'qualified');
          expect(held.every((line) => line.amountMinor > 0n)).toBe(true);
        }
        expect(dueAtMs === null).toBe(conversions.every(({ status }) => status !== 'qualified'));
        if (dueAtMs === null) return;
        expect(dueAtMs).toBeGreaterThan(given.nowMs);
        const before = settle(set, { ...given, nowMs: dueAtMs - 1 });
        expect(canonical(before)).toBe(canonical(settle(set, given)));
        expect(canonical(settle(set, { ...given, nowMs: dueAtMs }))).not.toBe(canonical(before));
      }),
      { seed: 96, numRuns: 1_000 },
    );
  });

  it('become one conversion per kind and transaction, and each that is not approved says why', () => {
    fc.assert(
      fc.property(life, ({ set, given }) => {
        const { conversions } = settle(set, given);
        const keys = conversions.map(({ kind, transactionKey }) => `${kind} ${transactionKey}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { status, reason, credits } of conversions) {
          expect(reason === null).toBe(status === 'approved' && credits.length > 0);
        }
      }),
      { seed: 97, numRuns: 500 },
    );
  });
});
