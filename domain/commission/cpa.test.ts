import { aDeal, money } from '../testing/facts';
import { decideCpa } from './cpa';

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
    expect(decideCpa(deal, money(remaining))).toEqual(decision);
  });

  it('pays the deal’s amount, whatever the deposit’s', () => {
    const zero = aDeal({ cpa: money('0.00 EUR') });
    expect(decideCpa(open, money('1000000.00 EUR'))).toEqual(earned);
    expect(decideCpa(zero, money('10.00 EUR'))).toEqual({ ...earned, money: money('0.00 EUR') });
  });
});
