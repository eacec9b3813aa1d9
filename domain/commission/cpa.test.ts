import { TWO_DOLLARS_A_EURO } from '../testing/circumstances';
import { aDeal, CLICKED_AT_MS, money } from '../testing/facts';
import { DAY_MS } from '../time';
import { decideCpa, type FirstDeposit } from './cpa';
import { type Exchange, NO_RATES } from './exchange';

const CPA = money('25.00 EUR');
/** A first deposit two days after the binding event. */
const firstDeposit = (remaining: string, exchange: Exchange = NO_RATES): FirstDeposit => {
  const left = money(remaining);
  const occurredAtMs = CLICKED_AT_MS + 2 * DAY_MS;
  return {
    remaining: left,
    occurredAtMs,
    boundAtMs: CLICKED_AT_MS,
    inCurrency: (code) =>
      code === left.currency ? left : (exchange(left, code, occurredAtMs)?.money ?? null),
  };
};
const open = aDeal();
const minimum = aDeal({ minDeposit: money('20.00 EUR') });
const otherMinimum = aDeal({ minDeposit: money('20.00 USD') });
const earned = { kind: 'earned', money: money('25.00 EUR'), reason: 'first_deposit' };
const none = (reason: string) => ({ kind: 'none', reason });
const undecided = { kind: 'undecided', reason: 'currency_mismatch' };

describe('decideCpa', () => {
  it.each([
    ['any deposit earns without a minimum', open, '0.01 EUR', earned],
    ['the minimum itself earns', minimum, '20.00 EUR', earned],
    ['above the minimum', minimum, '20.01 EUR', earned],
    ['one cent below the minimum', minimum, '19.99 EUR', none('below_minimum_deposit')],
    ['nothing left of the deposit', open, '0.00 EUR', none('deposit_taken_back')],
    ['nothing left, below a minimum too', minimum, '0.00 EUR', none('deposit_taken_back')],
    ['nothing left, whatever the currency', open, '0.00 USD', none('deposit_taken_back')],
    ['a deposit in another currency waits', open, '500.00 USD', undecided],
    ['a minimum in another currency waits', otherMinimum, '500.00 EUR', undecided],
    ['a deposit in the minimum’s currency, paid in another', otherMinimum, '500.00 USD', undecided],
    ['an equal number of another currency is not enough', minimum, '20.00 CHF', undecided],
  ])('%s', (_name, deal, remaining, decision) => {
    expect(decideCpa(CPA, deal, firstDeposit(remaining))).toEqual(decision);
  });

  it('pays the deal’s amount, whatever the deposit’s', () => {
    const zero = money('0.00 EUR');
    expect(decideCpa(CPA, open, firstDeposit('1000000.00 EUR'))).toEqual(earned);
    expect(decideCpa(zero, open, firstDeposit('10.00 EUR'))).toEqual({ ...earned, money: zero });
  });
});

describe('decideCpa: qualification days', () => {
  const within = (qualificationDays: number, sinceBindingMs: number) =>
    decideCpa(CPA, aDeal({ qualificationDays }), {
      ...firstDeposit('10.00 EUR'),
      occurredAtMs: CLICKED_AT_MS + sinceBindingMs,
    });

  it.each([
    ['the last millisecond still earns', 7, 7 * DAY_MS, earned],
    ['one millisecond more does not', 7, 7 * DAY_MS + 1, none('after_qualification_days')],
    ['a deposit dated before the binding event earns', 7, -DAY_MS, earned],
    ['no days: the moment of the binding event earns', 0, 0, earned],
    ['no days: nothing after it', 0, 1, none('after_qualification_days')],
  ])('%s', (_name, days, sinceBindingMs, decision) => {
    expect(within(days, sinceBindingMs)).toEqual(decision);
  });

  it('need no rate to say that it is too late, and say first that nothing is left', () => {
    const late = { ...firstDeposit('10.00 USD'), occurredAtMs: CLICKED_AT_MS + 9 * DAY_MS };
    const timed = aDeal({ qualificationDays: 7 });
    expect(decideCpa(CPA, timed, late)).toEqual(none('after_qualification_days'));
    expect(decideCpa(CPA, timed, { ...late, remaining: money('0.00 USD') })).toEqual(
      none('deposit_taken_back'),
    );
  });
});

describe('decideCpa: another currency with a rate, two dollars for a euro', () => {
  const judge = (deal: typeof open, remaining: string) =>
    decideCpa(CPA, deal, firstDeposit(remaining, TWO_DOLLARS_A_EURO));

  it.each([
    ['earns the deal’s own amount', open, '0.02 USD', earned],
    ['meets a minimum by what it is worth', minimum, '40.00 USD', earned],
    ['and misses it by what it is worth', minimum, '39.99 USD', none('below_minimum_deposit')],
    ['a minimum in the other currency', otherMinimum, '10.00 EUR', earned],
    ['missed', otherMinimum, '9.99 EUR', none('below_minimum_deposit')],
    ['a currency of no known rate waits', open, '500.00 CHF', undecided],
  ])('%s', (_name, deal, remaining, decision) => {
    expect(judge(deal, remaining)).toEqual(decision);
  });
});
