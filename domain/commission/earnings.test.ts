import fc from 'fast-check';
import { type Binding, bindPlayer } from '../attribution/binding';
import { ATTRIBUTION_MODELS, type AttributionModel } from '../attribution/models';
import type { ClickTouch, ViewTouch } from '../facts';
import { TWO_DOLLARS_A_EURO } from '../testing/circumstances';
import {
  aDeal,
  aRegistration,
  aTouch,
  aView,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { DAY_MS } from '../time';
import type { Deal, DealTerms } from './deal';
import { depositEarnings, registrationEarnings } from './earnings';
import { type Exchange, NO_RATES } from './exchange';
import type { DeservedLine } from './line';

const BOUND_AT_MS = CLICKED_AT_MS + 5 * DAY_MS;

/** A click of a partner on his own campaign, days after the click `aTouch()`. */
const clickOf = (number: number, partner: number | null, changes: Partial<ClickTouch> = {}) =>
  aTouch({
    clickId: testId('clk', number),
    partnerId: partner === null ? null : testId('ptn', partner),
    campaignId: testId('cmp', partner ?? 9),
    clickedAtMs: CLICKED_AT_MS + number * 3_600_000,
    model: 'linear',
    ...changes,
  });
const dealOf = (partner: number, terms: DealTerms, changes: Partial<Deal> = {}) =>
  aDeal({ dealId: testId('dea', partner), partnerId: testId('ptn', partner), terms, ...changes });

const cpa = (amount: string): DealTerms => ({ kind: 'cpa', cpa: money(amount) });
const percent = (ratePpm: number): DealTerms => ({ kind: 'percent', ratePpm });
const hybrid = (amount: string, ratePpm: number): DealTerms => ({
  kind: 'hybrid',
  cpa: money(amount),
  ratePpm,
});
const cpl = (amount: string): DealTerms => ({ kind: 'cpl', cpl: money(amount) });

function bound(
  clicks: readonly ClickTouch[],
  deals: readonly Deal[],
  views: readonly ViewTouch[] = [],
): Binding {
  const event = aRegistration({ occurredAtMs: BOUND_AT_MS });
  return bindPlayer(event, false, [event], { clicks: clicksOf(...clicks), views }, deals);
}

function earn(binding: Binding, amount: string, isFirst = true, exchange: Exchange = NO_RATES) {
  const remaining = money(amount);
  const deposit = {
    remaining,
    occurredAtMs: BOUND_AT_MS + DAY_MS,
    boundAtMs: BOUND_AT_MS,
    inCurrency: (code: typeof remaining.currency) =>
      code === remaining.currency ? remaining : (exchange(remaining, code, BOUND_AT_MS)?.money ?? null),
  };
  return depositEarnings(binding, deposit, isFirst);
}

const summary = (lines: readonly DeservedLine[]) =>
  lines.map(
    ({ kind, partnerId, amountMinor, currency, reason }) =>
      `${partnerId === testId('ptn', 1) ? 'one' : 'two'} ${kind} ${amountMinor} ${currency} ${reason}`,
  );

/** What the deposit earns by these deals, in a line each; the reason when it is undecided. */
function earned(binding: Binding, amount: string, isFirst = true, exchange: Exchange = NO_RATES) {
  const earnings = earn(binding, amount, isFirst, exchange);
  return earnings.isDecided ? summary(earnings.lines) : earnings.reason;
}

const alone = (terms: DealTerms, changes: Partial<Deal> = {}) =>
  bound([clickOf(1, 1)], [dealOf(1, terms, changes)]);

describe('depositEarnings: one partner', () => {
  it.each<[string, Binding, string, boolean, string[]]>([
    ['a CPA for the first', alone(cpa('25.00 EUR')), '10.00 EUR', true, ['one cpa 2500 EUR first_deposit']],
    ['no CPA for a later one', alone(cpa('25.00 EUR')), '10.00 EUR', false, []],
    [
      'a part of the first',
      alone(percent(255_000)),
      '10.00 EUR',
      true,
      ['one percent 255 EUR deposit_share'],
    ],
    [
      'a part of a later one',
      alone(percent(255_000)),
      '10.00 EUR',
      false,
      ['one percent 255 EUR deposit_share'],
    ],
    [
      'both for the first',
      alone(hybrid('25.00 EUR', 100_000)),
      '10.00 EUR',
      true,
      ['one cpa 2500 EUR first_deposit', 'one percent 100 EUR deposit_share'],
    ],
    [
      'a part only of a later one',
      alone(hybrid('25.00 EUR', 100_000)),
      '10.00 EUR',
      false,
      ['one percent 100 EUR deposit_share'],
    ],
    [
      'a part though the minimum was missed, which is that of the CPA',
      alone(hybrid('25.00 EUR', 100_000), { minDeposit: money('20.00 EUR') }),
      '10.00 EUR',
      true,
      ['one cpa 0 EUR below_minimum_deposit', 'one percent 100 EUR deposit_share'],
    ],
    [
      'nothing once it was taken back',
      alone(hybrid('25.00 EUR', 100_000)),
      '0.00 EUR',
      true,
      ['one cpa 0 EUR deposit_taken_back', 'one percent 0 EUR deposit_taken_back'],
    ],
    ['nothing by a deal per registration', alone(cpl('3.00 EUR')), '10.00 EUR', true, []],
    ['nothing without a deal', bound([clickOf(1, 1)], []), '10.00 EUR', true, []],
    [
      'nothing without a partner',
      bound([clickOf(1, null)], [dealOf(1, cpa('25.00 EUR'))]),
      '10.00 EUR',
      true,
      [],
    ],
    ['nothing without a touch', bound([], [dealOf(1, cpa('25.00 EUR'))]), '10.00 EUR', true, []],
  ])('%s', (_name, binding, amount, isFirst, expected) => {
    expect(earned(binding, amount, isFirst)).toEqual(expected);
  });

  it.each<[string, number, string, string]>([
    ['whole', 255_000, '100.00 EUR', '2550 EUR'],
    ['below a half: down', 100_000, '0.04 EUR', '0 EUR'],
    ['exactly a half: up', 100_000, '0.05 EUR', '1 EUR'],
    ['25 % of 1.50 is 37.5 cents: up', 250_000, '1.50 EUR', '38 EUR'],
    ['a millionth less than a half', 499_999, '0.01 EUR', '0 EUR'],
    ['a half of a yen: up', 500_000, '1 JPY', '1 JPY'],
    ['25.5 % of yen', 255_000, '1001 JPY', '255 JPY'],
    ['25.5 % of fils', 255_000, '1.002 KWD', '256 KWD'],
    ['everything', 1_000_000, '12.34 EUR', '1234 EUR'],
    ['nothing', 0, '12.34 EUR', '0 EUR'],
  ])('rounds a part of a deposit, %s', (_name, ratePpm, amount, expected) => {
    expect(earned(alone(percent(ratePpm)), amount)).toEqual([`one percent ${expected} deposit_share`]);
  });

  it('explains what a line was computed from', () => {
    const earnings = earn(alone(hybrid('25.00 EUR', 100_000)), '10.00 EUR');
    const line = {
      partnerId: testId('ptn', 1),
      campaignId: testId('cmp', 1),
      dealId: testId('dea', 1),
      dealVersion: 1,
      currency: 'EUR',
      stage: 'approved',
      holdUntilMs: null,
    };
    expect(earnings).toEqual({
      isDecided: true,
      lines: [
        {
          ...line,
          kind: 'cpa',
          amountMinor: 2_500n,
          reason: 'first_deposit',
          basis: { of: money('25.00 EUR'), ratePpm: null, weightPpm: 1_000_000 },
        },
        {
          ...line,
          kind: 'percent',
          amountMinor: 100n,
          reason: 'deposit_share',
          basis: { of: money('10.00 EUR'), ratePpm: 100_000, weightPpm: 1_000_000 },
        },
      ],
    });
  });
});

describe('depositEarnings: another currency', () => {
  it.each<[string, Binding, Exchange, string[] | string]>([
    ['a CPA waits for a rate', alone(cpa('25.00 EUR')), NO_RATES, 'currency_mismatch'],
    [
      'and is earned with one',
      alone(cpa('25.00 EUR')),
      TWO_DOLLARS_A_EURO,
      ['one cpa 2500 EUR first_deposit'],
    ],
    ['a part needs none', alone(percent(100_000)), NO_RATES, ['one percent 100 USD deposit_share']],
    ['both wait, because one does', alone(hybrid('25.00 EUR', 100_000)), NO_RATES, 'currency_mismatch'],
    [
      'both are earned, each in its own currency',
      alone(hybrid('25.00 EUR', 100_000)),
      TWO_DOLLARS_A_EURO,
      ['one cpa 2500 EUR first_deposit', 'one percent 100 USD deposit_share'],
    ],
    [
      'all partners wait for the one whose deal does',
      bound([clickOf(1, 1), clickOf(2, 2)], [dealOf(1, cpa('20.00 USD')), dealOf(2, cpa('20.00 EUR'))]),
      NO_RATES,
      'currency_mismatch',
    ],
  ])('%s', (_name, binding, exchange, expected) => {
    expect(earned(binding, '10.00 USD', true, exchange)).toEqual(expected);
  });

  it('of a later deposit asks for no rate', () => {
    expect(earned(alone(hybrid('25.00 EUR', 100_000)), '10.00 USD', false)).toEqual([
      'one percent 100 USD deposit_share',
    ]);
  });
});

describe('depositEarnings: several partners', () => {
  const two = [clickOf(1, 1), clickOf(2, 2)];

  it.each<[string, ClickTouch[], Deal[], string[]]>([
    [
      'equal deals: one whole amount, the odd cent to the earlier',
      two,
      [dealOf(1, cpa('0.25 EUR')), dealOf(2, cpa('0.25 EUR'))],
      ['one cpa 13 EUR first_deposit', 'two cpa 12 EUR first_deposit'],
    ],
    [
      'different deals: each his part of his own',
      two,
      [dealOf(1, cpa('30.00 EUR')), dealOf(2, percent(100_000))],
      ['one cpa 1500 EUR first_deposit', 'two percent 50 EUR deposit_share'],
    ],
    [
      'a partner with two touches has two parts, in one line',
      [clickOf(1, 1), clickOf(2, 2), clickOf(3, 1)],
      [dealOf(1, cpa('1.00 EUR')), dealOf(2, cpa('1.00 EUR'))],
      ['one cpa 67 EUR first_deposit', 'two cpa 33 EUR first_deposit'],
    ],
    [
      'a part without a deal is paid to nobody',
      two,
      [dealOf(2, cpa('25.00 EUR'))],
      ['two cpa 1250 EUR first_deposit'],
    ],
    [
      'a part without a partner is paid to nobody',
      [clickOf(1, null), clickOf(2, 2)],
      [dealOf(2, cpa('25.00 EUR'))],
      ['two cpa 1250 EUR first_deposit'],
    ],
    [
      'by position',
      [clickOf(1, 1), clickOf(2, 2), clickOf(3, 1, { model: 'position_based' })],
      [dealOf(1, cpa('10.00 EUR')), dealOf(2, cpa('10.00 EUR'))],
      ['one cpa 800 EUR first_deposit', 'two cpa 200 EUR first_deposit'],
    ],
    [
      'by last touch: the one only',
      [clickOf(1, 1), clickOf(2, 2, { model: 'last_touch' })],
      [dealOf(1, cpa('10.00 EUR')), dealOf(2, cpa('10.00 EUR'))],
      ['two cpa 1000 EUR first_deposit'],
    ],
  ])('%s', (_name, clicks, deals, expected) => {
    expect(earned(bound(clicks, deals), '10.00 EUR')).toEqual(expected);
  });

  it('names the campaign of the partner’s latest click and his part of the credit', () => {
    const clicks = [clickOf(1, 1), clickOf(2, 2), clickOf(3, 1, { campaignId: testId('cmp', 7) })];
    const earnings = earn(bound(clicks, [dealOf(1, cpa('1.00 EUR'))]), '10.00 EUR');
    expect(earnings).toMatchObject({
      lines: [{ campaignId: testId('cmp', 7), basis: { of: money('1.00 EUR'), weightPpm: 666_667 } }],
    });
  });

  it('never pays a view', () => {
    const view = aView({ viewedAtMs: BOUND_AT_MS - 1 });
    const blocked = clickOf(1, 1, { outcome: 'block' });
    const binding = bound([blocked], [dealOf(1, hybrid('25.00 EUR', 100_000))], [view]);
    expect(binding.attribution.shares).toEqual([{ touch: view, weight: 1n }]);
    expect(earned(binding, '10.00 EUR')).toEqual([]);
    expect(registrationEarnings(bound([blocked], [dealOf(1, cpl('3.00 EUR'))], [view]))).toEqual([]);
  });

  it('of equal deals together earn exactly one whole amount, by every model', () => {
    const path = fc.array(fc.record({ partner: fc.integer({ min: 1, max: 4 }), hours: fc.nat(96) }), {
      minLength: 1,
      maxLength: 7,
    });
    const amountMinor = fc.bigInt({ min: 0n, max: 10n ** 9n });
    const sum = (lines: readonly DeservedLine[], kind: string) =>
      lines.filter((line) => line.kind === kind).reduce((total, line) => total + line.amountMinor, 0n);
    const whole = (model: AttributionModel, list: { partner: number; hours: number }[], minor: bigint) => {
      const clicks = list.map(({ partner, hours }, index) =>
        clickOf(index, partner, { clickedAtMs: CLICKED_AT_MS + hours * 3_600_000, model }),
      );
      const terms: DealTerms = {
        kind: 'hybrid',
        cpa: { ...money('0.00 EUR'), amountMinor: minor },
        ratePpm: 333_333,
      };
      return bound(
        clicks,
        [1, 2, 3, 4].map((partner) => dealOf(partner, terms)),
      );
    };
    fc.assert(
      fc.property(fc.constantFrom(...ATTRIBUTION_MODELS), path, amountMinor, (model, list, minor) => {
        // The registration names click 1; the others are the same visitor's.
        const named = [{ partner: 1, hours: 0 }, ...list];
        const earnings = earn(whole(model, named, minor), '77.77 EUR');
        if (!earnings.isDecided) throw new Error('one currency is always decided');
        expect(sum(earnings.lines, 'cpa')).toBe(minor);
        expect(sum(earnings.lines, 'percent')).toBe(2_592n);
        const keys = earnings.lines.map(({ kind, partnerId }) => `${kind} ${partnerId}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { seed: 53, numRuns: 500 },
    );
  });
});

describe('registrationEarnings', () => {
  const paying = { paysRegistrations: true };
  const lines = (clicks: ClickTouch[], deals: Deal[]) => summary(registrationEarnings(bound(clicks, deals)));

  it.each<[string, ClickTouch[], Deal[], string[]]>([
    [
      'the amount on a campaign that pays for registrations',
      [clickOf(1, 1, paying)],
      [dealOf(1, cpl('3.00 EUR'))],
      ['one cpl 300 EUR registration'],
    ],
    [
      'nothing on one that does not, and why',
      [clickOf(1, 1)],
      [dealOf(1, cpl('3.00 EUR'))],
      ['one cpl 0 EUR registrations_not_payable'],
    ],
    [
      'nothing when one of two campaigns does not',
      [clickOf(1, 1, paying), clickOf(2, 1)],
      [dealOf(1, cpl('3.00 EUR'))],
      ['one cpl 0 EUR registrations_not_payable'],
    ],
    [
      'each partner his part, by his own campaign',
      [clickOf(1, 1, paying), clickOf(2, 2)],
      [dealOf(1, cpl('3.01 EUR')), dealOf(2, cpl('3.01 EUR'))],
      ['one cpl 151 EUR registration', 'two cpl 0 EUR registrations_not_payable'],
    ],
    ['nothing by a CPA', [clickOf(1, 1, paying)], [dealOf(1, cpa('25.00 EUR'))], []],
    ['nothing by a part of deposits', [clickOf(1, 1, paying)], [dealOf(1, hybrid('25.00 EUR', 1))], []],
    ['nothing without a deal', [clickOf(1, 1, paying)], [], []],
  ])('%s', (_name, clicks, deals, expected) => {
    expect(lines(clicks, deals)).toEqual(expected);
  });
});
