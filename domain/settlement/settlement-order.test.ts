import fc from 'fast-check';
import { WHOLE_PPM } from '../attribution/credits';
import type { Fact, Touch } from '../facts';
import {
  FACT_SET_DEALS,
  FACT_SET_TOUCHES,
  factSet,
  permutations,
  shuffled,
  subsets,
} from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aRegistration,
  aTouch,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { canonical, deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import type { Books } from './books';
import { settlePlayer } from './settle-player';

/** What reaches the house, one after the other: an event, or the row of a click that was late. */
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

function settle(known: readonly Arrival[], dealsOfAll = deals): Books {
  return settlePlayer({
    facts: known.flatMap((arrival) => ('fact' in arrival ? [arrival.fact] : [])),
    clicks: clicksOf(...known.flatMap((arrival) => ('touch' in arrival ? [arrival.touch] : []))),
    deals: dealsOfAll,
  });
}

/** Settles after every arrival, as the workflows do, and gives what is stored in the end. */
function settleOneByOne(order: readonly Arrival[], dealsOfAll = deals): StoredBooks {
  const stored = new StoredBooks();
  for (const index of order.keys()) stored.write(settle(order.slice(0, index + 1), dealsOfAll));
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
  const touches: Arrival[] = FACT_SET_TOUCHES.map((touch) => ({ touch }));
  const arrivalSet = factSet.map((set): Arrival[] => [...set.map((fact) => ({ fact })), ...touches]);
  const twoOrders = arrivalSet.chain((set) => fc.tuple(fc.constant(set), shuffled(set)));
  const settleAll = (known: readonly Arrival[]) => settle(known, [...FACT_SET_DEALS]);

  it('give the same books in another order, and when some come twice', () => {
    fc.assert(
      fc.property(twoOrders, fc.nat(9), ([set, other], repeated) => {
        const expected = canonical(settleAll(set));
        expect(canonical(settleAll(other))).toBe(expected);
        expect(canonical(settleAll([...other, ...set.slice(0, repeated).map(copyOf)]))).toBe(expected);
      }),
      { seed: 91, numRuns: 2_000 },
    );
  });

  it('leave the conversions and balances that they deserve, settled one by one in any order', () => {
    fc.assert(
      fc.property(twoOrders, ([set, other]) => {
        const expected = settleAll(set);
        const stored = settleOneByOne(other, [...FACT_SET_DEALS]);
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
      fc.property(arrivalSet, (set) => {
        expect(withoutIds(settleAll(numbered(set, 100)))).toBe(withoutIds(settleAll(numbered(set, 0))));
      }),
      { seed: 93, numRuns: 500 },
    );
  });

  it('have one first deposit and one paying commission at most, and credits of the whole value', () => {
    fc.assert(
      fc.property(arrivalSet, (set) => {
        const { conversions } = settleAll(set);
        expect(conversions.filter(({ isFirstDeposit }) => isFirstDeposit).length).toBeLessThanOrEqual(1);
        const paying = conversions.flatMap(({ lines }) => lines).filter((line) => line.amountMinor !== 0n);
        expect(paying.length).toBeLessThanOrEqual(1);
        for (const { credits, value, lines, status, isFirstDeposit } of conversions) {
          expect(lines.length > 0 && !(isFirstDeposit && credits.length > 0)).toBe(false);
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

  it('become one conversion per kind and transaction, and each that is not approved says why', () => {
    fc.assert(
      fc.property(arrivalSet, (set) => {
        const { conversions } = settleAll(set);
        const keys = conversions.map(({ kind, transactionKey }) => `${kind} ${transactionKey}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { status, reason, credits } of conversions) {
          expect(reason === null).toBe(status === 'approved' && credits.length > 0);
        }
      }),
      { seed: 95, numRuns: 500 },
    );
  });
});
