import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../time';
import { nextTurnMs, openPlaces, shareOf } from './share';

describe('the share of a destination', () => {
  it.each([
    [0, 8],
    [4, 8],
    [5, 4],
    [9, 4],
    [10, 2],
    [14, 2],
    [15, 1],
    [160, 1],
    [10_000, 1],
  ])('after %i failures in a row is %i', (failures, share) => {
    expect(shareOf(failures)).toBe(share);
  });
});

describe('turns at a busy destination', () => {
  const nowMs = 1_000_000;
  const line = { nowMs, lastTurnMs: null, share: 8, meanAgeMs: 2 * SECOND_MS };

  it('come as often as a place becomes free', () => {
    expect(nextTurnMs(line) - nowMs).toBe(500);
    expect(nextTurnMs({ ...line, meanAgeMs: 0 }) - nowMs).toBe(100);
  });

  it('are a second apart at most, so that a line ends soon after its destination answers again', () => {
    expect(nextTurnMs({ ...line, share: 1, meanAgeMs: 10 * SECOND_MS }) - nowMs).toBe(SECOND_MS);
  });

  it('follow each other, and those of the past are over', () => {
    const lastTurnMs = nowMs + 30 * SECOND_MS;
    expect(nextTurnMs({ ...line, lastTurnMs })).toBe(lastTurnMs + 500);
    expect(nextTurnMs({ ...line, lastTurnMs: nowMs - HOUR_MS })).toBe(nowMs + 500);
  });

  it('are at most a quarter of an hour away, also after a clock that was ahead', () => {
    expect(nextTurnMs({ ...line, lastTurnMs: nowMs + 9 * HOUR_MS })).toBe(nowMs + 15 * MINUTE_MS);
  });

  it('leave one place to those that have waited, while anybody waits', () => {
    const waiting = { ...line, lastTurnMs: nowMs + 1 };
    expect(openPlaces(waiting, true)).toBe(8);
    expect(openPlaces(waiting, false)).toBe(7);
    expect(openPlaces({ ...waiting, share: 1 }, false)).toBe(0);
    expect(openPlaces({ ...line, lastTurnMs: nowMs }, false)).toBe(8);
    expect(openPlaces(line, false)).toBe(8);
  });
});
