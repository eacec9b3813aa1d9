import type { Fact } from '../facts';
import { bookSummary, conversionIn } from '../testing/book-summary';
import { permutations } from '../testing/fact-sets';
import {
  aDeal,
  aDeposit,
  aLead,
  aRegistration,
  aRuling,
  aTouch,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { canonical, deservedBalances, StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';
import { applyRulings, refusalOf } from './rulings';
import { settleClickEvent } from './settle-player';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), outcome: 'review' });
const laterDeposit = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3) });

const rule = (
  decision: 'approve' | 'reject',
  revision = 1,
  on: { kind: Fact['kind']; transactionKey: string } = { kind: 'deposit', transactionKey: 'd1' },
) => aRuling({ decision, revision, on, transactionKey: `${on.kind} ${on.transactionKey} ${revision}` });
const settle = (facts: readonly Fact[]) => settled(facts, { deals: [aDeal()] });

const REGISTERED = 'registration registration-1, approved, credited';
const WAITS = 'deposit d1, pending, in_review, first, credited';
const PAID = 'deposit d1, approved, first, credited, 2500 EUR first_deposit';
const REFUSED = 'deposit d1, rejected, rejected_by_ruling';
const LATER = 'deposit d2, approved, credited';
const NEXT = 'deposit d2, approved, first, credited, 2500 EUR first_deposit';

describe('a ruling', () => {
  it.each<[string, Fact[], string[]]>([
    ['none yet: the deposit waits, and keeps its title', [], [WAITS, LATER]],
    ['approve pays', [rule('approve')], [PAID, LATER]],
    ['reject hands the title of the first to the next', [rule('reject')], [REFUSED, NEXT]],
    ['a reject is taken back by a later approve', [rule('reject'), rule('approve', 2)], [PAID, LATER]],
    ['an approve by a later reject', [rule('approve'), rule('reject', 2)], [REFUSED, NEXT]],
    [
      'the highest revision is the last word, whatever the dates say',
      [rule('approve', 3), { ...rule('reject', 2), occurredAtMs: day(50) }],
      [PAID, LATER],
    ],
    [
      'a ruling on nothing known changes nothing',
      [rule('reject', 1, { kind: 'deposit', transactionKey: 'd9' })],
      [WAITS, LATER],
    ],
    [
      'a ruling on another kind of the same key changes nothing',
      [rule('reject', 1, { kind: 'registration', transactionKey: 'd1' })],
      [WAITS, LATER],
    ],
  ])('%s', (_name, rulings, deposits) => {
    const facts = [registration, deposit, laterDeposit, ...rulings];
    for (const order of permutations(facts)) {
      expect(bookSummary(settle(order))).toEqual([REGISTERED, ...deposits]);
    }
  });

  it('outranks a block of the rules, and an allow', () => {
    const blocked = { ...deposit, outcome: 'block' as const };
    expect(bookSummary(settle([registration, blocked, laterDeposit]))).toContain(
      'deposit d1, rejected, fraud_blocked',
    );
    expect(bookSummary(settle([registration, blocked, laterDeposit, rule('approve')]))).toEqual([
      REGISTERED,
      PAID,
      LATER,
    ]);
    const allowed = { ...deposit, outcome: 'allow' as const };
    expect(bookSummary(settle([registration, allowed, laterDeposit, rule('reject')]))).toEqual([
      REGISTERED,
      REFUSED,
      NEXT,
    ]);
  });

  it('stands for all statuses of the transaction, those that come later too', () => {
    const pending = { ...deposit, status: 'pending' as const };
    const reversed = aDeposit({ transactionKey: 'd1', status: 'reversed', occurredAtMs: day(5) });
    expect(bookSummary(settle([pending, deposit, rule('reject'), reversed]))).toEqual([REFUSED]);
    expect(bookSummary(settle([pending, deposit, rule('approve'), reversed]))).toEqual([
      'deposit d1, reversed, deposit_reversed, first, credited, 0 EUR deposit_taken_back',
    ]);
  });

  it('is named by the fact it gave an outcome to', () => {
    const [ruled] = applyRulings([deposit, rule('reject')]);
    expect(ruled).toEqual({ ...deposit, outcome: 'block', ruledBy: rule('reject') });
    expect(refusalOf({ ...deposit, outcome: 'block' })).toBe('fraud_blocked');
    expect(refusalOf({ ...deposit, outcome: 'block', ruledBy: rule('reject') })).toBe('rejected_by_ruling');
    expect(refusalOf(deposit)).toBeNull();
  });

  it('of the same effect is decided anew, so that the books name the last one', () => {
    const inputsOf = (rulings: Fact[]) =>
      conversionIn(settle([registration, deposit, ...rulings]), 'deposit d1').inputs;
    expect(inputsOf([rule('approve'), rule('approve', 2)])).not.toBe(inputsOf([rule('approve')]));
  });

  it('moves the commission to the next deposit and back, and leaves one', () => {
    const stored = new StoredBooks();
    const facts = [registration, deposit, laterDeposit];
    const rulings = [rule('approve'), rule('reject', 2), rule('approve', 3)];
    for (const index of [0, 1, 2, 3]) {
      const books = settle([...facts, ...rulings.slice(0, index)]);
      stored.write(books);
      expect(stored.balances).toEqual(deservedBalances(books));
      expect(stored.balances[`payable:${testId('ptn', 1)} EUR`]).toBe(index === 0 ? undefined : -2_500n);
    }
  });
});

describe('a ruling on a registration', () => {
  const on = { kind: 'registration', transactionKey: 'registration-1' } as const;
  const other = aTouch({
    clickId: testId('clk', 2),
    visitorId: testId('vis', 2),
    partnerId: testId('ptn', 2),
    clickedAtMs: day(1) + 1,
  });
  const doubted = { ...registration, outcome: 'review' as const };
  const next = aRegistration({ transactionKey: 'r2', clickId: other.clickId, occurredAtMs: day(2) });
  const paid = { ...deposit, outcome: 'allow' as const, clickId: null, occurredAtMs: day(3) };
  const dealOfTwo = aDeal({ dealId: testId('dea', 2), partnerId: testId('ptn', 2), cpa: money('40.00 EUR') });
  const settleTwo = (rulings: Fact[]) =>
    settled([doubted, next, paid, ...rulings], { clicks: [aTouch(), other], deals: [aDeal(), dealOfTwo] });

  it('that rejects it moves the binding, the credit and the commission to the next', () => {
    const books = settleTwo([rule('reject', 1, on)]);
    expect(books.binding).toMatchObject({ event: { transactionKey: 'r2' }, touch: other, deal: dealOfTwo });
    expect(bookSummary(books)).toEqual([
      'registration registration-1, rejected, rejected_by_ruling',
      `registration r2, approved, credited ${other.clickId}`,
      `deposit d1, approved, first, credited ${other.clickId}, 4000 EUR first_deposit`,
    ]);
  });

  it.each<[string, Fact[], string]>([
    ['none yet', [], 'registration registration-1, pending, in_review, credited'],
    ['that approves it', [rule('approve', 1, on)], REGISTERED],
    ['that takes a reject back', [rule('reject', 1, on), rule('approve', 2, on)], REGISTERED],
  ])('%s leaves the binding where it was', (_name, rulings, standing) => {
    const books = settleTwo(rulings);
    expect(books.binding).toMatchObject({ event: { transactionKey: 'registration-1' }, deal: aDeal() });
    expect(bookSummary(books)).toEqual([standing, 'registration r2, rejected, already_registered', PAID]);
  });
});

describe('a ruling on an event of nobody known', () => {
  const lead = aLead({ outcome: 'review' });
  const on = { kind: 'lead', transactionKey: 'lead-1' } as const;
  const touches = { clicks: clicksOf(aTouch()), views: [] };

  it.each<[string, Fact[], string]>([
    ['none yet', [], 'lead lead-1, pending, in_review, credited'],
    ['approve', [rule('approve', 1, on)], 'lead lead-1, approved, credited'],
    ['reject', [rule('reject', 1, on)], 'lead lead-1, rejected, rejected_by_ruling'],
    [
      'reject, taken back',
      [rule('approve', 2, on), rule('reject', 1, on)],
      'lead lead-1, approved, credited',
    ],
  ])('%s', (_name, rulings, expected) => {
    const books = new Set(
      permutations([lead, ...rulings]).map((order) => canonical(settleClickEvent(order, touches))),
    );
    expect(books.size).toBe(1);
    expect(bookSummary(settleClickEvent([lead, ...rulings], touches))).toEqual([expected]);
  });

  it('alone is no event to settle', () => {
    expect(() => settleClickEvent([rule('approve', 1, on)], touches)).toThrow('without a player');
  });
});
