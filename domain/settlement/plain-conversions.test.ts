import type { Fact } from '../facts';
import { bookSummary, conversionIn } from '../testing/book-summary';
import {
  aChargeback,
  aDeposit,
  aLead,
  anInstall,
  anNgr,
  aRegistration,
  aRuling,
  aSale,
  aSelfExclusion,
  aTouch,
  aView,
  aWithdrawal,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { DAY_MS } from '../time';
import { settleClickEvent } from './settle-player';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const click = aTouch();
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const chargeback = aChargeback({ refersTo: 'd1', occurredAtMs: day(9) });

const other = aTouch({ clickId: testId('clk', 2), visitorId: testId('vis', 2), clickedAtMs: day(5) });

const settle = (facts: readonly Fact[]) => settled(facts, { clicks: [click, other] });

const REGISTERED = 'registration registration-1, approved, credited';

describe('soloConversion: installs, leads and sales', () => {
  it.each<[string, Fact[], string[]]>([
    [
      'are credited to the click they name',
      [anInstall(), aLead(), aSale()],
      [
        'install install-1, approved, credited',
        'lead lead-1, approved, credited',
        'sale sale-1, approved, credited',
      ],
    ],
    [
      'are credited to their own click, whatever the player is bound to',
      [registration, aSale({ clickId: other.clickId, occurredAtMs: day(6) })],
      [REGISTERED, `sale sale-1, approved, credited ${other.clickId}`],
    ],
    [
      'follow the player’s click once he is bound',
      [registration, aSale({ clickId: null, occurredAtMs: day(60) })],
      [REGISTERED, 'sale sale-1, approved, credited'],
    ],
    [
      'follow it from the very moment of the binding',
      [registration, aLead({ clickId: null, occurredAtMs: day(1) })],
      ['lead lead-1, approved, credited', REGISTERED],
    ],
    [
      'do not follow it before',
      [registration, aLead({ clickId: null, occurredAtMs: day(1) - 1 })],
      ['lead lead-1, approved, no_touch', REGISTERED],
    ],
    [
      'outside the window',
      [anInstall({ occurredAtMs: day(30) + 1 })],
      ['install install-1, approved, outside_click_window'],
    ],
    [
      'of a click without a row',
      [aLead({ clickId: testId('clk', 9) })],
      ['lead lead-1, approved, unknown_click'],
    ],
    ['blocked', [aSale({ outcome: 'block' })], ['sale sale-1, rejected, fraud_blocked']],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });

  it('follow a player who is bound by a view', () => {
    const view = aView({ viewedAtMs: day(1) - 1 });
    const books = settled([registration, aSale({ clickId: null, occurredAtMs: day(60) }), deposit], {
      clicks: [{ ...click, outcome: 'block' }],
      views: [view],
    });
    expect(books.binding).toMatchObject({ touch: null, reason: 'view_through' });
    expect(
      books.conversions.map(({ kind, credits }) => [kind, ...credits.map(({ touch }) => touch)]),
    ).toEqual([
      ['registration', view],
      ['deposit', view],
      ['sale', view],
    ]);
  });

  it.each<[string, Fact[], string[]]>([
    [
      'wait for a person, credited',
      [anInstall({ outcome: 'review' })],
      ['install install-1, pending, in_review, credited'],
    ],
    [
      'refused by a person are credited to nobody',
      [aSale(), aRuling({ on: { kind: 'sale', transactionKey: 'sale-1' } })],
      ['sale sale-1, rejected, rejected_by_ruling'],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });

  it('are valued only when they are sales', () => {
    const books = settle([anInstall(), aLead(), aSale(), aSale({ transactionKey: 's2', money: null })]);
    expect(books.conversions.map(({ value }) => value)).toEqual([null, null, null, money('19.99 EUR')]);
    expect(conversionIn(books, 'sale sale-1').credits).toEqual([
      { touch: click, weightPpm: 1_000_000, amountMinor: 1_999n },
    ]);
  });
});

describe('settleClickEvent', () => {
  it.each([
    ['install', anInstall()],
    ['lead', aLead()],
    ['sale', aSale()],
    ['registration', registration],
  ])('credits an %s without a player to its own click', (kind, fact) => {
    const books = settleClickEvent([fact], { clicks: clicksOf(click), views: [] });
    expect(books).toMatchObject({ binding: null, ltv: [] });
    expect(bookSummary(books)).toEqual([`${kind} ${kind}-1, approved, credited`]);
  });

  it.each([deposit, chargeback, aWithdrawal(), anNgr(), aSelfExclusion()])(
    'refuses a $kind, which belongs to a player',
    (fact) => {
      expect(() => settleClickEvent([fact], { clicks: clicksOf(click), views: [] })).toThrow(
        'without a player',
      );
    },
  );
});
