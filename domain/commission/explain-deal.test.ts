import { aDeal, money } from '../testing/facts';
import { NO_CAPS } from './deal';
import { explainDeal } from './explain-deal';

describe('explainDeal', () => {
  it.each([
    [{ kind: 'cpa', cpa: money('50.00 EUR') }, '50.00 EUR for a first deposit'],
    [{ kind: 'percent', ratePpm: 255_000 }, '25.5 % of every deposit'],
    [
      { kind: 'hybrid', cpa: money('5000 JPY'), ratePpm: 1 },
      '5000 JPY for a first deposit and 0.0001 % of every deposit',
    ],
    [{ kind: 'cpl', cpl: money('3.00 EUR') }, '3.00 EUR for a registration'],
  ] as const)('%j', (terms, text) => {
    expect(explainDeal({ ...aDeal(), terms })).toBe(text);
  });

  it('names every condition', () => {
    const deal = {
      ...aDeal({ minDeposit: money('20.00 EUR') }),
      terms: { kind: 'cpa', cpa: money('50.00 EUR') } as const,
      qualificationDays: 30,
      holdDays: 7,
      caps: { ...NO_CAPS, day: 10, total: 500 },
    };
    expect(explainDeal(deal)).toBe(
      '50.00 EUR for a first deposit; the first deposit at least 20.00 EUR; within 30 days of the binding event; ' +
        'held for 7 days; at most 10 players a day; at most 500 players ever',
    );
  });
});
