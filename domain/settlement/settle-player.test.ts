import type { Fact } from '../facts';
import { bookSummary } from '../testing/book-summary';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aLead,
  aRegistration,
  aRuling,
  aTouch,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { DAY_MS } from '../time';
import { creditedTimesMs } from './settle-player';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const click = aTouch();
const deal = aDeal({ minDeposit: money('20.00 EUR') });
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const laterDeposit = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3), money: money('70.00 EUR') });

const refusal = aRuling({ on: { kind: 'registration', transactionKey: 'registration-1' } });

const settle = (facts: readonly Fact[]) => settled(facts, { deals: [deal] });

const REGISTERED = 'registration registration-1, approved, credited';
const FIRST = 'deposit d1, approved, first, credited, 2500 EUR first_deposit';
const LATER = 'deposit d2, approved, credited';

describe('settlePlayer: the usual ways', () => {
  it.each<[string, Fact[], string[]]>([
    ['nothing known', [], []],
    ['a registration', [registration], [REGISTERED]],
    ['a registration and a deposit', [registration, deposit], [REGISTERED, FIRST]],
    [
      'two deposits: the later one is not the first',
      [registration, deposit, laterDeposit],
      [REGISTERED, FIRST, LATER],
    ],
    ['a deposit without a registration binds by itself', [deposit], [FIRST]],
    [
      'an earlier deposit arrives: the first moves',
      [registration, deposit, laterDeposit, aDeposit({ transactionKey: 'd0', occurredAtMs: day(2) - 1 })],
      [
        REGISTERED,
        'deposit d0, approved, first, credited, 2500 EUR first_deposit',
        'deposit d1, approved, credited',
        LATER,
      ],
    ],
    [
      'a deposit dated before the registration is still the first',
      [aRegistration({ occurredAtMs: day(2) + 1 }), deposit],
      [FIRST, REGISTERED],
    ],
    [
      'deposits of the same time: the lower key of the sender is the first',
      [registration, aDeposit({ transactionKey: 'd2', occurredAtMs: day(2) }), deposit],
      [REGISTERED, FIRST, LATER],
    ],
    [
      'a pending deposit waits',
      [registration, aDeposit({ transactionKey: 'd1', status: 'pending' })],
      ['deposit d1, pending, deposit_pending', REGISTERED],
    ],
    [
      'a failed deposit is none',
      [registration, aDeposit({ transactionKey: 'd1', status: 'failed', occurredAtMs: day(2) })],
      [REGISTERED, 'deposit d1, rejected, deposit_failed'],
    ],
    [
      'a failed first one leaves the place to the next',
      [registration, aDeposit({ transactionKey: 'd0', status: 'failed', occurredAtMs: day(1) }), deposit],
      ['deposit d0, rejected, deposit_failed', REGISTERED, FIRST],
    ],
    [
      'a chargeback alone changes nothing',
      [registration, aChargeback({ refersTo: 'unheard-of' })],
      [REGISTERED],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });
});

describe('settlePlayer: the click window', () => {
  const inTime = aRegistration({ occurredAtMs: click.expiresAtMs });
  const late = aRegistration({ occurredAtMs: click.expiresAtMs + 1 });
  const afterwards = aDeposit({ transactionKey: 'd1', occurredAtMs: click.expiresAtMs + 10 * DAY_MS });

  it.each<[string, Fact[], string[]]>([
    ['its last millisecond', [inTime], [REGISTERED]],
    ['one millisecond later', [late], ['registration registration-1, approved, outside_click_window']],
    ['once bound, later events need no window', [inTime, afterwards], [REGISTERED, FIRST]],
    [
      'a registration outside leaves the deposit without credit and commission',
      [late, afterwards],
      [
        'registration registration-1, approved, outside_click_window',
        'deposit d1, approved, outside_click_window, first',
      ],
    ],
    [
      'a registration outside takes away what a provisional binding gave',
      [late, deposit],
      [
        'deposit d1, approved, outside_click_window, first',
        'registration registration-1, approved, outside_click_window',
      ],
    ],
    [
      'a first deposit outside, no registration known',
      [afterwards],
      ['deposit d1, approved, outside_click_window, first'],
    ],
    [
      'before the click',
      [aRegistration({ occurredAtMs: CLICKED_AT_MS - 1 })],
      ['registration registration-1, approved, click_after_event'],
    ],
    [
      'an unknown click',
      [aRegistration({ clickId: testId('clk', 9) })],
      ['registration registration-1, approved, unknown_click'],
    ],
    [
      'no click at all',
      [aRegistration({ clickId: null })],
      ['registration registration-1, approved, no_touch'],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });
});

describe('settlePlayer: verdicts and repeats', () => {
  it.each<[string, Fact[], string[]]>([
    [
      'a blocked registration neither stands nor binds',
      [aRegistration({ outcome: 'block' })],
      ['registration registration-1, rejected, fraud_blocked'],
    ],
    [
      'the next registration stands in its place',
      [aRegistration({ outcome: 'block' }), aRegistration({ transactionKey: 'r2', occurredAtMs: day(1) })],
      ['registration registration-1, rejected, fraud_blocked', 'registration r2, approved, credited'],
    ],
    [
      'a blocked deposit is not the first, earns nothing and has no value',
      [registration, aDeposit({ transactionKey: 'd0', outcome: 'block', occurredAtMs: day(1) + 1 }), deposit],
      [REGISTERED, 'deposit d0, rejected, fraud_blocked', FIRST],
    ],
    [
      'a review holds each until a person has ruled, and binds all the same',
      [
        aRegistration({ occurredAtMs: day(1), outcome: 'review' }),
        aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), outcome: 'review' }),
      ],
      [
        'registration registration-1, pending, in_review, credited',
        'deposit d1, pending, in_review, first, credited',
      ],
    ],
    [
      'a registration in review holds no deposit',
      [aRegistration({ occurredAtMs: day(1), outcome: 'review' }), deposit],
      ['registration registration-1, pending, in_review, credited', FIRST],
    ],
    [
      'a first deposit in review keeps its title: the next one earns nothing for it',
      [registration, { ...deposit, outcome: 'review' }, laterDeposit],
      [REGISTERED, 'deposit d1, pending, in_review, first, credited', LATER],
    ],
    [
      'a second registration is told from the first by its own time',
      [aRegistration({ transactionKey: 'r2', occurredAtMs: day(1) + 1 }), registration],
      [REGISTERED, 'registration r2, rejected, already_registered'],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });

  it('gives a registration that turns out the earlier one the place of the other', () => {
    const earlier = aRegistration({ transactionKey: 'r0', occurredAtMs: day(1) - 1 });
    const books = settle([registration, earlier]);
    expect(books.binding?.event).toBe(earlier);
    expect(bookSummary(books)).toEqual([
      'registration r0, approved, credited',
      'registration registration-1, rejected, already_registered',
    ]);
  });
});

describe('settlePlayer: lifetime value', () => {
  it('counts every confirmed deposit, credited or not', () => {
    const books = settle([
      aDeposit({ transactionKey: 'd1', clickId: null, occurredAtMs: day(2) }),
      laterDeposit,
    ]);
    expect(books.ltv).toEqual([
      {
        currency: 'EUR',
        count: 2,
        totalMinor: 17_000n,
        firstAtMs: day(2),
        lastAtMs: day(3),
        chargebackCount: 0,
        chargebackTotalMinor: 0n,
        withdrawalCount: 0,
        withdrawalTotalMinor: 0n,
        ngrTotalMinor: null,
      },
    ]);
  });
});

describe('creditedTimesMs', () => {
  const lead = aLead({ occurredAtMs: day(4) });

  it.each<[string, Fact[], number[]]>([
    ['nothing known', [], []],
    ['the registration, and not the deposits after it', [laterDeposit, deposit, registration], [day(1)]],
    ['the first deposit while no registration is known', [laterDeposit, deposit], [day(2)]],
    ['the next registration once a person refused the first', [registration, deposit, refusal], [day(2)]],
    ['an event that stands alone and names a click', [lead, registration], [day(1), day(4)]],
    ['none of one that names none', [{ ...lead, clickId: null }], []],
    ['each once', [lead, lead, registration], [day(1), day(4)]],
  ])('are those of %s', (_name, facts, expected) => {
    expect(creditedTimesMs(facts)).toEqual(expected);
  });
});
