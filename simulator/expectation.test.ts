import { formatMinor } from '../domain/money';
import { expect as expectedBooks } from './expectation';
import { createRandom } from './random';
import { type Shape, writeScript } from './script';

const books = (shape: Shape) => {
  const { commission, ...rest } = expectedBooks(writeScript(shape, 'alpha', createRandom(1)), 'alpha');
  return { ...rest, commission: formatMinor(commission.amountMinor, commission.currency) };
};

describe('the books that a story deserves', () => {
  it.each<[Shape, object]>([
    ['waiting', { stage: 'waiting', commission: '0.00', deposits: 0, ltv: [] }],
    ['registered', { stage: 'registered', commission: '0.00', deposits: 0 }],
    ['converted', { stage: 'converted', commission: '40.00', deposits: 1, firstDepositEarns: true }],
    ['converted_again', { stage: 'converted', commission: '40.00', deposits: 3 }],
    ['install_first', { stage: 'converted', commission: '40.00', deposits: 1 }],
    ['deposit_before_registration', { stage: 'converted', commission: '40.00', deposits: 1 }],
    ['deposit_by_player_only', { stage: 'converted', commission: '40.00', deposits: 1 }],
    ['deposits_swapped', { stage: 'converted', commission: '40.00', deposits: 2 }],
    ['pending_then_confirmed', { stage: 'converted', commission: '40.00', deposits: 1 }],
    ['confirmed_then_pending', { stage: 'converted', commission: '40.00', deposits: 1 }],
    ['below_minimum', { stage: 'converted', commission: '0.00', deposits: 2, firstDepositEarns: false }],
    ['second_currency', { stage: 'converted', commission: '40.00', deposits: 2 }],
    ['first_charged_back', { stage: 'converted', commission: '0.00', deposits: 2, reversed: 1 }],
    ['later_charged_back', { stage: 'converted', commission: '40.00', deposits: 2, reversed: 1 }],
    ['charged_back_early', { stage: 'converted', commission: '0.00', deposits: 1, reversed: 1 }],
  ])('%s', (shape, expected) => {
    expect(books(shape)).toMatchObject(expected);
  });

  it('keeps lifetime deposits apart by currency', () => {
    expect(books('second_currency').ltv.map(({ currency, count }) => [currency, count])).toEqual([
      ['EUR', 1],
      ['USD', 1],
    ]);
  });
});
