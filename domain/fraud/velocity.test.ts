import { slidingCount } from './velocity';

describe('slidingCount', () => {
  it.each([
    [86, 12, 15_000, 76.5],
    [42, 18, 15_000, 49.5],
    [100, 0, 0, 100],
    [100, 1, 59_999, 1 + 100 / 60_000],
    [0, 7, 30_000, 7],
  ])('%d before and %d now, %d ms into the minute, are %d', (previous, current, elapsedMs, expected) => {
    expect(slidingCount({ previous, current, elapsedMs })).toBeCloseTo(expected, 9);
  });
});
