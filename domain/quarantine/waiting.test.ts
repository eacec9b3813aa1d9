import { DAY_MS, HOUR_MS, MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../time';
import { firstLookMs, LOOKED_FOR_MS, mayAskRules, nextLookMs, type Waiting } from './waiting';

const T = Date.UTC(2026, 10, 1);
const waiting = (given: Partial<Waiting> = {}): Waiting => ({
  ...{ quarantinedAtMs: T, occurredAtMs: T, namesClick: false },
  ...given,
});

describe('a waiting event', () => {
  it('is looked at some fifty times until its end, which is a week after the longest window', () => {
    let atMs: number | null = firstLookMs(waiting(), false);
    let looks = 0;
    for (; atMs !== null; atMs = nextLookMs(waiting(), atMs)) {
      looks += 1;
      expect(atMs).toBeLessThanOrEqual(T + LOOKED_FOR_MS);
    }
    expect(looks).toBeLessThan(60);
    expect(LOOKED_FOR_MS).toBe(97 * DAY_MS);
    expect(nextLookMs(waiting(), T + LOOKED_FOR_MS - 1)).toBe(T + LOOKED_FOR_MS);
    expect(nextLookMs(waiting(), T + LOOKED_FOR_MS)).toBeNull();
  });

  it.each([
    ['at once', false, T],
    ['after a minute when rules were asked', true, T + MINUTE_MS],
  ])('is first looked at %s', (_when, rulesWereAsked, atMs) => {
    expect(firstLookMs(waiting(), rulesWereAsked)).toBe(atMs);
  });

  it('of the future is looked at when its time comes, to the millisecond, and ends all the same', () => {
    const soon = waiting({ occurredAtMs: T + MAX_CLOCK_LEAD_MS + HOUR_MS });
    expect(firstLookMs(soon, false)).toBe(T + HOUR_MS);
    expect(nextLookMs(soon, T + HOUR_MS - 1)).toBe(T + HOUR_MS);
    expect(mayAskRules(soon, T + HOUR_MS - 1)).toBe(false);
    expect(mayAskRules(soon, T + HOUR_MS)).toBe(true);
    expect(firstLookMs(waiting({ occurredAtMs: T + 200 * DAY_MS }), false)).toBe(T + LOOKED_FOR_MS);
  });

  it('that names a click of ours is looked at again when rules may look for another, after an hour', () => {
    const named = waiting({ namesClick: true });
    expect(nextLookMs(named, T + 55 * MINUTE_MS)).toBe(T + HOUR_MS);
    expect(mayAskRules(named, T + HOUR_MS - 1)).toBe(false);
    expect(mayAskRules(named, T + HOUR_MS)).toBe(true);
    expect(nextLookMs(named, T + HOUR_MS)).toBe(T + HOUR_MS + 15 * MINUTE_MS);
    expect(mayAskRules(waiting(), T)).toBe(true);
  });
});
