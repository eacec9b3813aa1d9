import type { Deal } from '../commission/deal';
import type { Fact } from '../facts';
import { bookSummary, conversionIn } from '../testing/book-summary';
import { TWO_DOLLARS_A_EURO } from '../testing/circumstances';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aRegistration,
  aTouch,
  CLICKED_AT_MS,
  currency,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { StoredBooks } from '../testing/stored-books';
import { DAY_MS } from '../time';

const day = (days: number) => CLICKED_AT_MS + days * DAY_MS;
const click = aTouch();
const deal = aDeal({ minDeposit: money('20.00 EUR') });
const registration = aRegistration({ occurredAtMs: day(1) });
const deposit = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2) });
const laterDeposit = aDeposit({ transactionKey: 'd2', occurredAtMs: day(3), money: money('70.00 EUR') });
const chargeback = aChargeback({ refersTo: 'd1', occurredAtMs: day(9) });

const settle = (facts: readonly Fact[], deals: readonly Deal[] = [deal]) => settled(facts, { deals });

const REGISTERED = 'registration registration-1, approved, credited';
const FIRST = 'deposit d1, approved, first, credited, 2500 EUR first_deposit';
const LATER = 'deposit d2, approved, credited';

describe('depositConversion: money taken back', () => {
  const TAKEN_BACK = 'deposit d1, reversed, charged_back, first, credited, 0 EUR deposit_taken_back';
  const inPart = (amount: string) =>
    aChargeback({ refersTo: 'd1', occurredAtMs: day(9), money: money(amount) });

  it.each<[string, Fact[], string[]]>([
    ['a chargeback of the first deposit', [registration, deposit, chargeback], [REGISTERED, TAKEN_BACK]],
    [
      'and no later deposit inherits its commission',
      [registration, deposit, chargeback, laterDeposit],
      [REGISTERED, TAKEN_BACK, LATER],
    ],
    [
      'a reversal by the sender',
      [
        registration,
        deposit,
        aDeposit({ transactionKey: 'd1', status: 'reversed', occurredAtMs: day(9) }),
        laterDeposit,
      ],
      [
        REGISTERED,
        'deposit d1, reversed, deposit_reversed, first, credited, 0 EUR deposit_taken_back',
        LATER,
      ],
    ],
    [
      'a reversal whose confirmation is not known yet',
      [registration, aDeposit({ transactionKey: 'd1', status: 'reversed', occurredAtMs: day(9) })],
      [REGISTERED, 'deposit d1, reversed, deposit_reversed'],
    ],
    ['a part, down to the minimum', [registration, deposit, inPart('80.00 EUR')], [REGISTERED, FIRST]],
    [
      'a part, below the minimum',
      [registration, deposit, inPart('80.01 EUR')],
      [REGISTERED, 'deposit d1, approved, first, credited, 0 EUR below_minimum_deposit'],
    ],
    [
      'a chargeback of a later deposit leaves the first alone',
      [registration, deposit, laterDeposit, aChargeback({ refersTo: 'd2' })],
      [REGISTERED, FIRST, 'deposit d2, reversed, charged_back, credited'],
    ],
    [
      'a chargeback in another currency is ignored',
      [registration, deposit, inPart('100.00 USD')],
      [REGISTERED, FIRST],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(bookSummary(settle(facts))).toEqual(expected);
  });
});

describe('depositConversion: commission', () => {
  const PENDING = 'deposit d1, pending, currency_mismatch, first, credited';
  const small = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), money: money('19.99 EUR') });
  const dollars = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), money: money('100.00 USD') });

  it.each<[string, Fact[], Deal[], string[]]>([
    ['no deal', [registration, deposit], [], [REGISTERED, 'deposit d1, approved, first, credited']],
    [
      'a first deposit below the minimum earns none',
      [registration, small],
      [deal],
      [REGISTERED, 'deposit d1, approved, first, credited, 0 EUR below_minimum_deposit'],
    ],
    [
      'and neither does the next, however large',
      [registration, small, laterDeposit],
      [deal],
      [REGISTERED, 'deposit d1, approved, first, credited, 0 EUR below_minimum_deposit', LATER],
    ],
    ['another currency than the deal’s waits', [registration, dollars], [deal], [REGISTERED, PENDING]],
    [
      'another currency waits, a later deposit of the deal’s does not',
      [registration, dollars, laterDeposit],
      [deal],
      [REGISTERED, PENDING, LATER],
    ],
    [
      'another currency, taken back: nothing to wait for',
      [registration, dollars, aChargeback({ refersTo: 'd1', money: money('100.00 USD') })],
      [deal],
      [REGISTERED, 'deposit d1, reversed, charged_back, first, credited, 0 EUR deposit_taken_back'],
    ],
  ])('%s', (_name, facts, deals, expected) => {
    expect(bookSummary(settle(facts, deals))).toEqual(expected);
  });

  const second = aDeal({
    dealId: testId('dea', 2),
    version: 2,
    cpa: money('40.00 EUR'),
    validFromMs: day(1) + 1,
  });

  it('is that of the deal version in force at the registration, not at the deposit', () => {
    expect(conversionIn(settle([registration, deposit], [deal, second]), 'deposit d1').lines).toEqual([
      {
        kind: 'cpa',
        partnerId: click.partnerId,
        campaignId: click.campaignId,
        dealId: deal.dealId,
        dealVersion: 1,
        amountMinor: 2_500n,
        currency: 'EUR',
        reason: 'first_deposit',
        stage: 'approved',
        holdUntilMs: null,
        basis: { of: money('25.00 EUR'), ratePpm: null, weightPpm: 1_000_000 },
      },
    ]);
  });

  it('is that of the version at the deposit while no registration is known, and is pinned again by one', () => {
    const provisional = settle([deposit], [deal, second]);
    expect(provisional.binding).toMatchObject({ isProvisional: true, deal: second });
    expect(bookSummary(provisional)).toEqual([
      'deposit d1, approved, first, credited, 4000 EUR first_deposit',
    ]);
    const pinned = settle([deposit, registration], [deal, second]);
    expect(pinned.binding).toMatchObject({ isProvisional: false, deal });
    expect(bookSummary(pinned)).toEqual([REGISTERED, FIRST]);
  });
});

describe('depositConversion: qualification days', () => {
  const timed = aDeal({ qualificationDays: 10 });
  const late = aDeposit({ transactionKey: 'd1', occurredAtMs: day(12) });

  it.each<[string, Fact[], string]>([
    ['within them', [registration, { ...late, occurredAtMs: day(11) }], '2500 EUR first_deposit'],
    ['after them', [registration, late], '0 EUR after_qualification_days'],
    ['counted from the deposit while no registration is known', [late], '2500 EUR first_deposit'],
  ])('%s', (_name, facts, expected) => {
    const [line] = bookSummary(settle(facts, [timed])).filter((text) => text.startsWith('deposit d1'));
    expect(line).toBe(`deposit d1, approved, first, credited, ${expected}`);
  });

  it('are counted anew from a registration that arrives late, and the commission is taken back', () => {
    const stored = new StoredBooks();
    stored.write(settle([late], [timed]));
    expect(stored.balances[`payable:${testId('ptn', 1)} EUR`]).toBe(-2_500n);
    stored.write(settle([late, registration], [timed]));
    expect(stored.balances).toEqual({});
  });

  it('decide nothing of a later deposit, nor where there are none', () => {
    const earlier = aRegistration({ transactionKey: 'r0', occurredAtMs: day(0.5) });
    const inputsOf = (facts: readonly Fact[], by: Deal, name: string) =>
      conversionIn(settle(facts, [by]), name).inputs;
    const facts = [registration, deposit, laterDeposit];
    expect(inputsOf([...facts, earlier], timed, 'deposit d1')).not.toBe(inputsOf(facts, timed, 'deposit d1'));
    expect(inputsOf([...facts, earlier], timed, 'deposit d2')).toBe(inputsOf(facts, timed, 'deposit d2'));
    expect(inputsOf([...facts, earlier], deal, 'deposit d1')).toBe(inputsOf(facts, deal, 'deposit d1'));
  });
});

describe('depositConversion: another currency with a rate', () => {
  const dollars = aDeposit({ transactionKey: 'd1', occurredAtMs: day(2), money: money('100.00 USD') });
  const rated = { ...dollars.money, amountMinor: 5_000n, currency: currency('EUR') };

  it('is judged by the rate of its own time, which is kept', () => {
    const books = settled([registration, dollars], { deals: [deal], exchange: TWO_DOLLARS_A_EURO });
    expect(bookSummary(books)).toEqual([REGISTERED, FIRST]);
    expect(conversionIn(books, 'deposit d1').exchanged).toEqual([
      { money: rated, rate: '0.5', source: 'test', ratedAtMs: day(2) },
    ]);
  });

  it('is paid as soon as the rate is known', () => {
    const stored = new StoredBooks();
    stored.write(settle([registration, dollars]));
    expect(stored.balances).toEqual({});
    stored.write(settled([registration, dollars], { deals: [deal], exchange: TWO_DOLLARS_A_EURO }));
    expect(stored.balances[`payable:${testId('ptn', 1)} EUR`]).toBe(-2_500n);
  });

  it('keeps no rate that decided nothing', () => {
    const { exchanged } = conversionIn(
      settled([registration, deposit], { deals: [deal], exchange: TWO_DOLLARS_A_EURO }),
      'deposit d1',
    );
    expect(exchanged).toEqual([]);
  });
});

describe('depositConversion: losing touches', () => {
  const assisting = aTouch({ clickId: testId('clk', 2), clickedAtMs: click.clickedAtMs - 1 });
  const clicks = [click, assisting];
  const lost = [{ touch: assisting, reason: 'assisted' }];

  it('are told once, with the event that bound the player', () => {
    const provisional = settled([deposit, laterDeposit], { clicks });
    expect(provisional.conversions.map(({ losing }) => losing)).toEqual([lost, []]);
    const bound = settled([registration, deposit, laterDeposit], { clicks });
    expect(bound.conversions.map(({ losing }) => losing)).toEqual([lost, [], []]);
  });

  it('are told anew when the row of one is late', () => {
    const stored = new StoredBooks();
    stored.write(settled([registration, deposit]));
    expect(stored.write(settled([registration, deposit], { clicks }))).toBe(1);
    expect(stored.storedConversions.map(({ losing }) => losing)).toEqual([lost, []]);
  });
});
