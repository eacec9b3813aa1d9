import { money } from '../testing/facts';
import { explainLine } from './explain-line';
import type { LineKind } from './line';

type Given = {
  kind: LineKind;
  amount: string;
  of: string;
  ratePpm?: number;
  weightPpm?: number;
  reason?: string;
};

const explain = ({ kind, amount, of, ratePpm, weightPpm, reason }: Given): string =>
  explainLine({
    kind,
    ...money(amount),
    reason: reason ?? 'first_deposit',
    basis: { of: money(of), ratePpm: ratePpm ?? null, weightPpm: weightPpm ?? 1_000_000 },
  });

describe('explainLine', () => {
  it.each([
    [
      'a CPA',
      { kind: 'cpa', amount: '50.00 EUR', of: '50.00 EUR' },
      '50.00 EUR: 50.00 EUR for a first deposit.',
    ],
    [
      'a part of a CPA',
      { kind: 'cpa', amount: '16.67 EUR', of: '50.00 EUR', weightPpm: 333_334 },
      '16.67 EUR: 50.00 EUR for a first deposit, of which 33.3334 % of the credit is the partner’s.',
    ],
    [
      'a part of a deposit',
      { kind: 'percent', amount: '25.50 EUR', of: '100.00 EUR', ratePpm: 255_000 },
      '25.50 EUR: 25.5 % of what stands of the deposit, 100.00 EUR.',
    ],
    [
      'a registration',
      { kind: 'cpl', amount: '300 JPY', of: '300 JPY' },
      '300 JPY: 300 JPY for a registration.',
    ],
    [
      'nothing, with a reason that has words',
      { kind: 'cpa', amount: '0.00 EUR', of: '50.00 EUR', reason: 'month_cap_reached' },
      '0.00 EUR: the deal’s cap for that month was full (month_cap_reached).',
    ],
    [
      'nothing, with a reason that has none',
      { kind: 'cpa', amount: '0.00 EUR', of: '50.00 EUR', reason: 'by_magic' },
      '0.00 EUR: by_magic.',
    ],
  ] as const)('%s', (_name, given, text) => {
    expect(explain(given)).toBe(text);
  });
});
