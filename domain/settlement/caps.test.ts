import type { DealTerms } from '../commission/deal';
import { type CapPeriod, type Deal, NO_CAPS } from '../commission/deal';
import type { Fact } from '../facts';
import type { DealId } from '../ids';
import { bookSummary, conversionIn } from '../testing/book-summary';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aRegistration,
  aRuling,
  aSelfExclusion,
  aTouch,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import type { SlotDecision } from './caps';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const laterDeposit = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3) });
const click = aTouch({ paysRegistrations: true });

const capped = (terms: DealTerms, changes: Partial<Deal> = {}) =>
  aDeal({ terms, caps: { ...NO_CAPS, day: 10, total: 100 }, ...changes });
const CPA: DealTerms = { kind: 'cpa', cpa: money('25.00 EUR') };
const PERCENT: DealTerms = { kind: 'percent', ratePpm: 100_000 };
const HYBRID: DealTerms = { kind: 'hybrid', cpa: money('25.00 EUR'), ratePpm: 100_000 };
const CPL: DealTerms = { kind: 'cpl', cpl: money('3.00 EUR') };

const slotsOf = (slot: SlotDecision | null): ReadonlyMap<DealId, SlotDecision> =>
  new Map(slot === null ? [] : [[testId('dea', 1), slot]]);
const GRANTED: SlotDecision = { isGranted: true };
const refused = (cap: CapPeriod): SlotDecision => ({ isGranted: false, cap });

const settle = (facts: readonly Fact[], deal: Deal, slot: SlotDecision | null = null) =>
  settled(facts, { clicks: [click], deals: [deal], slots: slotsOf(slot) });
/** When a slot is asked for, in days after the click. */
const askedOnDays = (facts: readonly Fact[], deal: Deal, slot: SlotDecision | null = null) =>
  settle(facts, deal, slot).slotRequests.map(({ atMs }) => (atMs - CLICKED_AT_MS) / DAY_MS);

describe('a slot of a capped deal', () => {
  it.each<[string, Fact[], Deal, number[]]>([
    ['for the first deposit by a CPA', [registration, deposit, laterDeposit], capped(CPA), [2]],
    ['for the first of all by a part of each', [registration, laterDeposit, deposit], capped(PERCENT), [2]],
    ['once for both amounts of a hybrid', [registration, deposit, laterDeposit], capped(HYBRID), [2]],
    ['for the registration by an amount per registration', [registration, deposit], capped(CPL), [1]],
    [
      'by the deposit’s own time, though it came before the registration',
      [deposit, aRegistration({ occurredAtMs: day(5) })],
      capped(CPA),
      [2],
    ],
    [
      'for a later deposit when the first earned nothing',
      [registration, deposit, aChargeback({ refersTo: 'd1' }), laterDeposit],
      capped(PERCENT),
      [3],
    ],
    [
      'for the part of a deposit that misses the minimum of the CPA',
      [registration, deposit],
      capped(HYBRID, { minDeposit: money('500.00 EUR') }),
      [2],
    ],
  ])('is asked for %s', (_name, facts, deal, days) => {
    expect(askedOnDays(facts, deal)).toEqual(days);
    expect(settle(facts, deal).slotRequests.every((request) => request.deal === deal)).toBe(true);
  });

  it.each<[string, Fact[], Deal]>([
    ['the deal has no caps', [registration, deposit], capped(CPA, { caps: NO_CAPS })],
    ['there is only a registration', [registration], capped(CPA)],
    [
      'the deposit is below the minimum',
      [registration, deposit],
      capped(CPA, { minDeposit: money('500.00 EUR') }),
    ],
    ['the deposit was taken back', [registration, deposit, aChargeback({ refersTo: 'd1' })], capped(CPA)],
    [
      'the player is excluded',
      [registration, deposit, aSelfExclusion({ occurredAtMs: day(1) + 1 })],
      capped(CPA),
    ],
    ['the deposit waits for a person', [registration, { ...deposit, outcome: 'review' }], capped(CPA)],
    ['the registration waits for a person', [{ ...registration, outcome: 'review' }], capped(CPL)],
    ['the deposit waits for a rate', [registration, { ...deposit, money: money('100.00 USD') }], capped(CPA)],
    ['the deposit is only pending', [registration, { ...deposit, status: 'pending' }], capped(CPA)],
    [
      'a person refused the deposit',
      [registration, deposit, aRuling({ on: { kind: 'deposit', transactionKey: 'd1' } })],
      capped(CPA),
    ],
    [
      'nobody is credited',
      [
        { ...registration, clickId: null },
        { ...deposit, clickId: null },
      ],
      capped(CPA),
    ],
  ])('is not asked for while %s', (_name, facts, deal) => {
    expect(askedOnDays(facts, deal)).toEqual([]);
  });

  it.each<[string, SlotDecision]>([
    ['granted', GRANTED],
    ['refused', refused('day')],
  ])('is not asked for again once it was %s', (_name, slot) => {
    expect(askedOnDays([registration, deposit, laterDeposit], capped(HYBRID), slot)).toEqual([]);
  });

  it('is asked for per deal: every partner’s own', () => {
    const linear = aTouch({
      clickId: testId('clk', 2),
      partnerId: testId('ptn', 2),
      clickedAtMs: day(0.5),
      model: 'linear',
    });
    const other = capped(CPA, { dealId: testId('dea', 2), partnerId: testId('ptn', 2) });
    const { slotRequests } = settled([registration, deposit], {
      clicks: [click, linear],
      deals: [capped(CPA), other],
    });
    expect(slotRequests.map(({ deal }) => deal.dealId)).toEqual([testId('dea', 1), testId('dea', 2)]);
  });
});

describe('the lines of a capped deal', () => {
  const both = [registration, deposit, laterDeposit];

  it.each<[string, SlotDecision | null, string[]]>([
    ['no decision yet', null, ['0 EUR cap_undecided, 0 EUR cap_undecided', '0 EUR cap_undecided']],
    ['a slot', GRANTED, ['2500 EUR first_deposit, 1000 EUR deposit_share', '1000 EUR deposit_share']],
    [
      'the day full',
      refused('day'),
      ['0 EUR day_cap_reached, 0 EUR day_cap_reached', '0 EUR day_cap_reached'],
    ],
    [
      'the month full',
      refused('month'),
      ['0 EUR month_cap_reached, 0 EUR month_cap_reached', '0 EUR month_cap_reached'],
    ],
    [
      'the deal full',
      refused('total'),
      ['0 EUR total_cap_reached, 0 EUR total_cap_reached', '0 EUR total_cap_reached'],
    ],
  ])('are worth, with %s', (_name, slot, [first, later]) => {
    expect(bookSummary(settle(both, capped(HYBRID), slot))).toEqual([
      'registration registration-1, approved, credited',
      `deposit d1, approved, first, credited, ${first}`,
      `deposit d2, approved, credited, ${later}`,
    ]);
  });

  it('are decided anew by a decision, and by nothing else of the slots', () => {
    const inputs = [null, GRANTED, refused('day'), refused('total')].map(
      (slot) => conversionIn(settle(both, capped(HYBRID), slot), 'deposit d1').inputs,
    );
    expect(new Set(inputs).size).toBe(4);
    const open = (slot: SlotDecision | null) =>
      conversionIn(settle(both, capped(HYBRID, { caps: NO_CAPS }), slot), 'deposit d1').inputs;
    expect(open(GRANTED)).toBe(open(null));
  });

  it('keep the reason for which they were worth nothing anyway', () => {
    const deal = capped(CPA, { minDeposit: money('500.00 EUR') });
    expect(bookSummary(settle([registration, deposit], deal, refused('day')))).toContain(
      'deposit d1, approved, first, credited, 0 EUR below_minimum_deposit',
    );
  });

  it('are paid once the slot is granted, and the book keeps one amount', () => {
    const stored = new StoredBooks();
    stored.write(settle(both, capped(HYBRID)));
    expect(stored.balances).toEqual({});
    const granted = settle(both, capped(HYBRID), GRANTED);
    expect(stored.write(granted)).toBe(2);
    expect(stored.balances).toEqual(deservedBalances(granted));
    expect(stored.balances[`payable:${testId('ptn', 1)} EUR`]).toBe(-4_500n);
    expect(stored.write(granted)).toBe(0);
  });
});
