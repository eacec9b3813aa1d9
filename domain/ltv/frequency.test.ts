import { DAY_MS } from '../time';
import { type DepositHabit, frequencyOf } from './frequency';

const now = Date.UTC(2026, 10, 21);
const habit = (deposits: number, daysActive: number, firstDaysAgo: number, lastDaysAgo: number) => ({
  deposits,
  daysActive,
  firstAtMs: now - firstDaysAgo * DAY_MS,
  lastAtMs: now - lastDaysAgo * DAY_MS,
});

describe('frequencyOf', () => {
  it.each<[string, DepositHabit, ReturnType<typeof frequencyOf>]>([
    [
      'a player without deposits',
      { deposits: 0, daysActive: 0, firstAtMs: null, lastAtMs: null },
      { perActiveDay: null, per30Days: null, recencyDays: null, ageDays: null },
    ],
    [
      'one deposit of today is one in thirty days',
      habit(1, 1, 0, 0),
      { perActiveDay: 100, per30Days: 100, recencyDays: 0, ageDays: 0 },
    ],
    [
      'six deposits on three days of two months',
      habit(6, 3, 60, 10),
      { perActiveDay: 200, per30Days: 300, recencyDays: 10, ageDays: 60 },
    ],
    [
      'rounded half away from zero',
      habit(5, 3, 45.9, 0.5),
      { perActiveDay: 167, per30Days: 333, recencyDays: 0, ageDays: 45 },
    ],
    [
      'a clock that is ahead of ours',
      habit(1, 1, -0.001, -0.001),
      { perActiveDay: 100, per30Days: 100, recencyDays: 0, ageDays: 0 },
    ],
  ])('%s', (_what, given, expected) => {
    expect(frequencyOf(given, now)).toEqual(expected);
  });
});
