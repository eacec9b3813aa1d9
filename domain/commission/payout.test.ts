import { money } from '../testing/facts';
import { isPaidInFull, type LinePayment } from './payout';

/** A line that says the first amount and was paid the others. */
function line(
  owed: string,
  paid: readonly string[] = [],
  stage: LinePayment['stage'] = 'approved',
): LinePayment {
  return { ...money(owed), stage, paid: paid.map(money) };
}

describe('isPaidInFull', () => {
  it.each([
    ['nothing at all', [], false],
    ['a line that was never paid', [line('50.00 EUR')], false],
    ['a line that was paid', [line('50.00 EUR', ['50.00 EUR'])], true],
    ['a line that was paid less', [line('50.00 EUR', ['49.99 EUR'])], false],
    ['a line that was paid more', [line('50.00 EUR', ['50.01 EUR'])], false],
    ['the same number of another currency', [line('50.00 EUR', ['50.00 USD'])], false],
    ['paid in its currency, and in another too', [line('50.00 EUR', ['50.00 EUR', '1.00 USD'])], false],
    ['paid, and another line to come', [line('50.00 EUR', ['50.00 EUR']), line('2.50 EUR')], false],
    ['paid, and a line that says nothing', [line('50.00 EUR', ['50.00 EUR']), line('0.00 EUR')], true],
    [
      'paid, and a line that was taken back since',
      [line('5.00 EUR', ['5.00 EUR']), line('0 EUR', ['2 EUR'])],
      false,
    ],
    ['nothing owed and nothing paid', [line('0.00 EUR')], false],
    ['paid, and held again', [line('50.00 EUR', ['50.00 EUR'], 'qualified')], false],
  ] as const)('%s', (_name, lines, expected) => {
    expect(isPaidInFull(lines)).toBe(expected);
  });
});
