import { currency } from '../testing/facts';
import {
  DEFAULT_SEGMENT_RULES,
  type NgrRank,
  type PlayerStanding,
  rankedDays,
  type SegmentConditions,
  segmentOf,
} from './segment';

const EUR = currency('EUR');
const USD = currency('USD');
const standing = (given: Partial<PlayerStanding> = {}): PlayerStanding => ({
  deposits: 3,
  daysActive: 2,
  perActiveDay: 150,
  per30Days: 250,
  recencyDays: 5,
  ageDays: 40,
  values: [{ currency: EUR, depositTotalMinor: 30_000n, ngrMinor: 4_000n }],
  ranks: [],
  ...given,
});
const rank = (given: Partial<NgrRank> = {}): NgrRank => ({
  days: 90,
  currency: EUR,
  ngrMinor: 5_000n,
  above: 0,
  players: 20,
  ...given,
});
const nobody = standing({
  deposits: 0,
  daysActive: 0,
  perActiveDay: null,
  per30Days: null,
  recencyDays: null,
  ageDays: null,
  values: [],
});

describe('the rules that a workspace is born with', () => {
  it.each([
    ['a player of the best', standing({ ranks: [rank()] }), 'high_value'],
    ['one who has not deposited for two months', standing({ recencyDays: 60, ageDays: 90 }), 'lapsed'],
    ['one of a month', standing({ ageDays: 30 }), 'new'],
    ['one who comes back', standing(), 'regular'],
    ['one who came once', standing({ deposits: 1, daysActive: 1 }), 'occasional'],
    ['one who never deposited', nobody, 'prospect'],
  ])('%s', (_who, given, expected) => {
    expect(segmentOf(given, DEFAULT_SEGMENT_RULES)).toMatchObject({ segment: expected, rulesVersion: 1 });
  });
});

describe('the top of all players', () => {
  it.each([
    ['the first of twenty', rank(), true],
    ['the second of twenty', rank({ above: 1 }), false],
    ['the second of twenty-one', rank({ above: 1, players: 21 }), true],
    ['two who share the first place of twenty', rank({ above: 0 }), true],
    ['the first of too few', rank({ players: 19 }), false],
    ['the best of those who cost money', rank({ ngrMinor: 0n }), false],
    ['the fifth of a hundred', rank({ above: 4, players: 100 }), true],
    ['the sixth of a hundred', rank({ above: 5, players: 100 }), false],
    ['a rank of other days', rank({ days: 30 }), false],
    ['a rank in another currency', rank({ currency: USD }), true],
  ])('%s: %s', (_who, given, isTop) => {
    const { segment } = segmentOf(standing({ ranks: [given] }), DEFAULT_SEGMENT_RULES);
    expect(segment === 'high_value').toBe(isTop);
  });

  it('says how it got there', () => {
    const { because } = segmentOf(
      standing({ ranks: [rank({ above: 1, players: 40 })] }),
      DEFAULT_SEGMENT_RULES,
    );
    expect(because).toEqual(['NGR of 90 days: 50.00 EUR, place 2 of 40, within the top 5 %']);
  });

  it('is ranked once for each span of days that a rule asks for', () => {
    const top = (days: number) => ({ segment: 'top', when: { topNgr: { percent: 5, days, minPlayers: 1 } } });
    expect(rankedDays({ version: 2, rules: [top(30), top(90), top(30)] })).toEqual([30, 90]);
    expect(rankedDays({ version: 2, rules: [{ segment: 'all', when: {} }] })).toEqual([]);
  });
});

describe('conditions', () => {
  const meets = (when: SegmentConditions, given = standing()) =>
    segmentOf(given, { version: 7, rules: [{ segment: 'met', when }] }).segment === 'met';

  it.each<[string, SegmentConditions, boolean]>([
    ['none', {}, true],
    ['deposits at least', { minDeposits: 3 }, true],
    ['deposits at least more', { minDeposits: 4 }, false],
    ['deposits at most', { maxDeposits: 3 }, true],
    ['deposits at most fewer', { maxDeposits: 2 }, false],
    ['total in its currency', { depositTotal: [{ amount: '300.00', currency: 'EUR' }] }, true],
    ['total a cent more', { depositTotal: [{ amount: '300.01', currency: 'EUR' }] }, false],
    ['total in another currency', { depositTotal: [{ amount: '1.00', currency: 'USD' }] }, false],
    [
      'total in any of two currencies',
      {
        depositTotal: [
          { amount: '1.00', currency: 'USD' },
          { amount: '200.00', currency: 'EUR' },
        ],
      },
      true,
    ],
    ['NGR at least', { ngr: [{ amount: '40.00', currency: 'EUR' }] }, true],
    ['NGR at least more', { ngr: [{ amount: '40.01', currency: 'EUR' }] }, false],
    ['days active', { minDaysActive: 2 }, true],
    ['two and a half in thirty days, two asked', { minDepositsPer30Days: 2 }, true],
    ['two and a half in thirty days, three asked', { minDepositsPer30Days: 3 }, false],
    ['recent enough', { maxRecencyDays: 5 }, true],
    ['not recent enough', { maxRecencyDays: 4 }, false],
    ['long ago enough', { minRecencyDays: 6 }, false],
    ['young enough', { maxAgeDays: 39 }, false],
    ['all of several', { minDeposits: 3, maxRecencyDays: 5 }, true],
    ['not all of several', { minDeposits: 3, maxRecencyDays: 4 }, false],
  ])('%s: %s', (_what, when, expected) => {
    expect(meets(when)).toBe(expected);
  });

  it('are not met by what is not known', () => {
    expect(meets({ maxRecencyDays: 1_000 }, nobody)).toBe(false);
    expect(meets({ maxAgeDays: 1_000 }, nobody)).toBe(false);
    expect(meets({ minDepositsPer30Days: 0 }, nobody)).toBe(false);
    const silent = standing({ values: [{ currency: EUR, depositTotalMinor: 0n, ngrMinor: null }] });
    expect(meets({ ngr: [{ amount: '-1000.00', currency: 'EUR' }] }, silent)).toBe(false);
  });

  it('the first rule that fits decides; where none does, that is said', () => {
    const rules = [
      { segment: 'a', when: { minDeposits: 9 } },
      { segment: 'b', when: { minDeposits: 2 } },
      { segment: 'c', when: {} },
    ];
    expect(segmentOf(standing(), { version: 4, rules })).toEqual({
      segment: 'b',
      rulesVersion: 4,
      because: ['deposits: 3, at least 2'],
    });
    expect(segmentOf(standing(), { version: 5, rules: rules.slice(0, 1) })).toEqual({
      segment: null,
      rulesVersion: 5,
      because: ['no rule fits'],
    });
  });
});
