import { firstDayOf } from './budget';

describe('firstDayOf', () => {
  it.each([
    ['day', '2026-11-21', '2026-11-21'],
    ['month', '2026-11-21', '2026-11-01'],
    ['month', '2026-11-01', '2026-11-01'],
    ['total', '2026-11-21', null],
  ] as const)('a budget per %s on %s began on %s', (period, day, expected) => {
    expect(firstDayOf(period, day)).toBe(expected);
  });
});
