import { type Deal, type DealTerms, holdEndMs } from '../commission/deal';
import type { Fact } from '../facts';
import { bookSummary, conversionIn } from '../testing/book-summary';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aRegistration,
  aSelfExclusion,
  aTouch,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import { isCounted } from './books';
import { lastHoldEndMs } from './hold';
import { postbackDuties } from './postback-duties';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const laterDeposit = aDeposit({ transactionKey: 'd2', occurredAtMs: day(4) });
const deal = aDeal({ holdDays: 7 });
const hybrid = aDeal({ terms: { kind: 'hybrid', cpa: money('25.00 EUR'), ratePpm: 100_000 }, holdDays: 7 });
const END_MS = day(9);

const settle = (facts: readonly Fact[], nowMs: number, by: Deal = deal) =>
  settled(facts, { deals: [by], nowMs, clicks: [aTouch({ paysRegistrations: true })] });
const HELD = 'deposit d1, qualified, on_hold, first, credited, 2500 EUR first_deposit';
const APPROVED = 'deposit d1, approved, first, credited, 2500 EUR first_deposit';

describe('a hold', () => {
  it.each<[string, number, string, number | null]>([
    ['right after the deposit', day(2), HELD, END_MS],
    ['one millisecond before its end', END_MS - 1, HELD, END_MS],
    ['at its end', END_MS, APPROVED, null],
    ['long after it', day(100), APPROVED, null],
  ])('%s', (_name, nowMs, expected, dueAtMs) => {
    const books = settle([registration, deposit], nowMs);
    expect(bookSummary(books)).toContain(expected);
    expect(books.dueAtMs).toBe(dueAtMs);
    const { lines } = conversionIn(books, 'deposit d1');
    expect(lines).toMatchObject([
      { holdUntilMs: END_MS, stage: dueAtMs === null ? 'approved' : 'qualified', amountMinor: 2_500n },
    ]);
  });

  it('counts from the deposit’s own time, as the deal says', () => {
    expect(holdEndMs(deal, deposit.occurredAtMs)).toBe(END_MS);
  });

  it('holds the registration of a deal per registration', () => {
    const terms: DealTerms = { kind: 'cpl', cpl: money('3.00 EUR') };
    const books = settle([registration], day(2), aDeal({ terms, holdDays: 7 }));
    expect(bookSummary(books)).toEqual([
      'registration registration-1, qualified, on_hold, credited, 300 EUR registration',
    ]);
    expect(books.dueAtMs).toBe(day(8));
  });

  it('holds both amounts of a hybrid, and is due when the first of two deposits is free', () => {
    const held = settle([registration, deposit, laterDeposit], day(5), hybrid);
    expect(held.dueAtMs).toBe(END_MS);
    expect(conversionIn(held, 'deposit d1').lines.map(({ stage }) => stage)).toEqual([
      'qualified',
      'qualified',
    ]);
    const next = settle([registration, deposit, laterDeposit], END_MS, hybrid);
    expect(next.dueAtMs).toBe(day(11));
    expect(next.conversions.map(({ status }) => status)).toEqual(['approved', 'approved', 'qualified']);
    const last = settle([registration, deposit, laterDeposit], day(11), hybrid);
    expect(last.dueAtMs).toBeNull();
    expect([held, next, last].map(({ conversions }) => lastHoldEndMs(conversions))).toEqual([
      null,
      END_MS,
      day(11),
    ]);
  });

  it.each<[string, Fact[], Deal, string]>([
    ['without days', [registration, deposit], aDeal(), APPROVED],
    [
      'of nothing: the deposit was taken back',
      [registration, deposit, aChargeback({ refersTo: 'd1' })],
      deal,
      'deposit d1, reversed, charged_back, first, credited, 0 EUR deposit_taken_back',
    ],
    [
      'of nothing: below the minimum',
      [registration, deposit],
      aDeal({ holdDays: 7, minDeposit: money('500.00 EUR') }),
      'deposit d1, approved, first, credited, 0 EUR below_minimum_deposit',
    ],
    [
      'of nothing: the player is excluded',
      [registration, deposit, aSelfExclusion({ occurredAtMs: day(2) })],
      deal,
      'deposit d1, approved, first, credited, 0 EUR self_excluded',
    ],
    [
      'of a deposit in review, which earns nothing yet',
      [registration, { ...deposit, outcome: 'review' }],
      deal,
      'deposit d1, pending, in_review, first, credited',
    ],
  ])('holds nothing %s', (_name, facts, by, expected) => {
    const books = settle(facts, day(2), by);
    expect(bookSummary(books)).toContain(expected);
    expect(books.dueAtMs).toBeNull();
    const stages = books.conversions.flatMap(({ lines }) => lines);
    expect(stages.every(({ stage, holdUntilMs }) => stage === 'approved' && holdUntilMs === null)).toBe(true);
  });

  it('holds the part of one partner while the other’s may be paid', () => {
    const linear = aTouch({
      clickId: testId('clk', 2),
      partnerId: testId('ptn', 2),
      clickedAtMs: day(0.5),
      model: 'linear',
    });
    const free = aDeal({ dealId: testId('dea', 2), partnerId: testId('ptn', 2) });
    const books = settled([registration, deposit], {
      clicks: [aTouch(), linear],
      deals: [deal, free],
      nowMs: day(3),
    });
    const { status, lines } = conversionIn(books, 'deposit d1');
    expect(status).toBe('qualified');
    expect(lines.map(({ stage, amountMinor }) => `${stage} ${amountMinor}`)).toEqual([
      'qualified 1250',
      'approved 1250',
    ]);
  });
});

describe('a qualified conversion', () => {
  const owner = { playerId: testId('ply', 1), brandId: testId('brd', 1) };

  it('counts, and is reported like an approved one', () => {
    const [held, free] = [day(3), END_MS].map((nowMs) =>
      conversionIn(settle([registration, deposit], nowMs), 'deposit d1'),
    );
    if (held === undefined || free === undefined) throw new Error('two times');
    expect([held.status, free.status].map(isCounted)).toEqual([true, true]);
    expect(postbackDuties(held, owner)).toHaveLength(2);
    expect(postbackDuties(free, owner)).toEqual(postbackDuties(held, owner));
  });

  it('is booked on hold, moves to payable at the end, and leaves the expense alone', () => {
    const stored = new StoredBooks();
    const expense = `expense:commission:${testId('cmp', 1)} EUR`;
    stored.write(settle([registration, deposit], day(3)));
    expect(stored.balances).toEqual({ [expense]: 2_500n, [`held:${testId('ptn', 1)} EUR`]: -2_500n });
    expect(stored.write(settle([registration, deposit], END_MS - 1))).toBe(0);
    expect(stored.write(settle([registration, deposit], END_MS))).toBe(1);
    expect(stored.balances).toEqual({ [expense]: 2_500n, [`payable:${testId('ptn', 1)} EUR`]: -2_500n });
    expect(stored.journals.at(-1)?.map(({ account }) => account.split(':')[0])).toEqual(['held', 'payable']);
  });

  it('that is charged back in its hold was never payable', () => {
    const stored = new StoredBooks();
    stored.write(settle([registration, deposit], day(3)));
    stored.write(settle([registration, deposit, aChargeback({ refersTo: 'd1' })], day(4)));
    expect(stored.balances).toEqual({});
    expect(stored.journals.flat().some(({ account }) => account.startsWith('payable'))).toBe(false);
  });
});
