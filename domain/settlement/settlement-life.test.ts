import { type Deal, NO_CAPS } from '../commission/deal';
import type { ClickTouch, Fact } from '../facts';
import type { DealId } from '../ids';
import { permutations } from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  anNgr,
  aRegistration,
  aRuling,
  aSelfExclusion,
  aTouch,
  aWithdrawal,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { canonical, deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS, HOUR_MS } from '../time';
import type { Books } from './books';
import type { SlotDecision } from './caps';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const rule = (decision: 'approve' | 'reject', revision: number) =>
  aRuling({
    decision,
    revision,
    on: { kind: 'deposit', transactionKey: 'd1' },
    transactionKey: `ruling ${revision}`,
  });

const upToTheChargeback: readonly Fact[] = [
  aRegistration({ occurredAtMs: day(1) }),
  aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), outcome: 'review' }),
  rule('approve', 1),
  aDeposit({ transactionKey: 'd2', occurredAtMs: day(4), money: money('50.00 EUR') }),
  aChargeback({ refersTo: 'd1', occurredAtMs: day(5), money: money('30.00 EUR') }),
];
/** Seven events each. The first deposit is worth 70.00 EUR in the end; the second 50.00 EUR. */
const LIVES: Readonly<Record<string, readonly Fact[]>> = {
  'approved, and excluded before the second deposit': [
    ...upToTheChargeback,
    anNgr({ occurredAtMs: day(6) }),
    aSelfExclusion({ occurredAtMs: day(3) }),
  ],
  'approved, and rejected after all': [
    ...upToTheChargeback,
    aWithdrawal({ occurredAtMs: day(6) }),
    rule('reject', 2),
  ],
};

/** How the player came, what his partners are paid, and what a capped deal grants when it is asked. */
type Path = {
  readonly clicks: readonly ClickTouch[];
  readonly deals: readonly Deal[];
  readonly grants: ReadonlyMap<DealId, SlotDecision>;
};
const secondClick = aTouch({
  clickId: testId('clk', 2),
  campaignId: testId('cmp', 2),
  partnerId: testId('ptn', 2),
  clickedAtMs: CLICKED_AT_MS + HOUR_MS,
  model: 'linear',
});
const PATHS: Readonly<Record<string, Path>> = {
  'a CPA with a minimum': {
    clicks: [aTouch()],
    deals: [aDeal({ minDeposit: money('40.00 EUR') })],
    grants: new Map(),
  },
  'a hybrid with hold and cap': {
    clicks: [aTouch()],
    deals: [
      aDeal({
        terms: { kind: 'hybrid', cpa: money('25.00 EUR'), ratePpm: 100_000 },
        holdDays: 30,
        caps: { ...NO_CAPS, total: 1 },
      }),
    ],
    grants: new Map([[testId('dea', 1), { isGranted: true }]]),
  },
  'two partners in equal parts': {
    clicks: [aTouch(), secondClick],
    deals: [
      aDeal(),
      aDeal({
        dealId: testId('dea', 2),
        partnerId: testId('ptn', 2),
        terms: { kind: 'percent', ratePpm: 100_000 },
      }),
    ],
    grants: new Map(),
  },
};

/** Cents that may be paid to partner 1 and to partner 2 in the end, when every hold is over. */
const PAYABLE: readonly [path: string, life: string, one: bigint, two: bigint][] = [
  ['a CPA with a minimum', 'approved, and excluded before the second deposit', 2_500n, 0n],
  ['a CPA with a minimum', 'approved, and rejected after all', 2_500n, 0n],
  ['a hybrid with hold and cap', 'approved, and excluded before the second deposit', 3_200n, 0n],
  ['a hybrid with hold and cap', 'approved, and rejected after all', 3_000n, 0n],
  ['two partners in equal parts', 'approved, and excluded before the second deposit', 1_250n, 350n],
  ['two partners in equal parts', 'approved, and rejected after all', 1_250n, 250n],
];

/** Balances in the order of their accounts' names. */
const accounts = (balances: StoredBooks['balances']) =>
  Object.entries(balances)
    .map(([account, sum]) => `${account} ${sum}`)
    .sort();

/** In the middle of every hold. */
const MID_LIFE_MS = day(7);
const LATEST_HOLD_END_MS = day(34);

const payableOf = (balances: StoredBooks['balances'], account: 'payable' | 'held') =>
  [1, 2].map((number) => -(balances[`${account}:${testId('ptn', number)} EUR`] ?? 0n));

function given<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name];
  if (value === undefined) throw new Error(`no ${name}`);
  return value;
}

describe.each(PAYABLE)('seven events of a player who came by %s, was %s', (pathName, lifeName, one, two) => {
  const life = given(LIVES, lifeName);
  const { clicks, deals, grants } = given(PATHS, pathName);
  const orders = permutations(life);
  const settle = (facts: readonly Fact[], nowMs: number, slots = grants) =>
    settled(facts, { clicks, deals, slots, nowMs });
  const expected = settle(life, LATEST_HOLD_END_MS);

  /**
   * Settles after every arrival as the workflows do, one of which is that of the click rows: slots are granted when
   * they are asked for, and holds end when they are due.
   */
  function settleOneByOne(
    order: readonly Fact[],
    clicksKnownAfter: number,
  ): { stored: StoredBooks; midLife: StoredBooks['balances'] } {
    const stored = new StoredBooks();
    const slots = new Map<DealId, SlotDecision>();
    const settleAt = (known: readonly Fact[], nowMs: number): Books => {
      const touches = known.length >= clicksKnownAfter ? clicks : [];
      const books = settled(known, { clicks: touches, deals, slots, nowMs });
      stored.write(books);
      if (books.slotRequests.length === 0) return books;
      for (const { deal } of books.slotRequests)
        slots.set(deal.dealId, given(Object.fromEntries(grants), deal.dealId));
      return settleAt(known, nowMs);
    };
    for (const index of order.keys()) settleAt(order.slice(0, index + 1), MID_LIFE_MS);
    const midLife = stored.balances;
    let { dueAtMs } = settleAt(order, MID_LIFE_MS);
    while (dueAtMs !== null) dueAtMs = settleAt(order, dueAtMs).dueAtMs;
    return { stored, midLife };
  }

  it('have 5,040 orders, and books that pay what they deserve', () => {
    expect(orders).toHaveLength(5_040);
    expect(payableOf(deservedBalances(expected), 'payable')).toEqual([one, two]);
    expect(payableOf(deservedBalances(expected), 'held')).toEqual([0n, 0n]);
  });

  it('give the same books in every order', () => {
    const books = new Set(orders.map((order) => canonical(settle(order, LATEST_HOLD_END_MS))));
    expect([...books]).toEqual([canonical(expected)]);
  });

  it('give the same books when some or all come twice', () => {
    const books = new Set(
      orders
        .filter((_, index) => index % 16 === 0)
        .flatMap((order, index) => [
          canonical(settle([...order, ...order.slice(index % 7)], LATEST_HOLD_END_MS)),
          canonical(settle([...[...order].reverse(), ...order], LATEST_HOLD_END_MS)),
        ]),
    );
    expect([...books]).toEqual([canonical(expected)]);
  });

  it('leave the same conversions and balances in a thousand orders, settled one by one', () => {
    const byKey = ({ conversions }: Pick<Books, 'conversions'>) => conversions.map(canonical).sort();
    const conversions = new Set<string>();
    const balances = new Set<string>();
    // Every fifth order, so that the click rows come as each of the seven in turn.
    for (const [index, order] of orders.filter((_, position) => position % 5 === 0).entries()) {
      const { stored, midLife } = settleOneByOne(order, 1 + (index % life.length));
      conversions.add(canonical(byKey({ conversions: stored.storedConversions })));
      balances.add(canonical([accounts(midLife), accounts(stored.balances)]));
      const sum = stored.journals.flat().reduce((total, { amountMinor }) => total + amountMinor, 0n);
      expect(sum).toBe(0n);
    }
    expect([...conversions]).toEqual([canonical(byKey(expected))]);
    const deserved = [settle(life, MID_LIFE_MS), expected].map((books) => accounts(deservedBalances(books)));
    expect([...balances]).toEqual([canonical(deserved)]);
  });
});
