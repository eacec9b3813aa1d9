import fc from 'fast-check';
import { DELIVERY_HORIZON_MS, nextRetryDelayMs, nextTurnDelayMs } from './retry';
import { FURTHEST_TURN_MS } from './share';

const HOUR = 3_600_000;
const middle = { random01: 0.5, remainingMs: DELIVERY_HORIZON_MS };

describe('nextRetryDelayMs', () => {
  it.each([
    [1, 3_750, 5_000, 6_250],
    [2, 7_500, 10_000, 12_500],
    [3, 15_000, 20_000, 25_000],
    [4, 30_000, 40_000, 50_000],
    [5, 60_000, 80_000, 100_000],
    [8, 480_000, 640_000, 800_000],
    [10, 1_920_000, 2_560_000, 3_200_000],
    [11, 2_700_000, 3_600_000, 4_500_000],
    [80, 2_700_000, 3_600_000, 4_500_000],
    [5_000, 2_700_000, 3_600_000, 4_500_000],
  ])('after attempt %i waits between %i and %i to %i ms', (attempt, from, mid, to) => {
    const delay = (random01: number) => nextRetryDelayMs({ ...middle, attempt, random01 });
    expect(delay(0)).toEqual({ kind: 'retry', delayMs: from });
    expect(delay(0.5)).toEqual({ kind: 'retry', delayMs: mid });
    expect(delay(1)).toEqual({ kind: 'retry', delayMs: to });
  });

  it.each([
    ['a longer wish is granted', 60_000, 60_000],
    ['a shorter wish does not shorten the backoff', 1_000, 5_000],
    ['a wish of days is cut to six hours', 48 * HOUR, 6 * HOUR],
    ['an absurd wish is cut too', Number.MAX_VALUE, 6 * HOUR],
  ])('%s', (_name, retryAfterMs, delayMs) => {
    expect(nextRetryDelayMs({ ...middle, attempt: 1, retryAfterMs })).toEqual({ kind: 'retry', delayMs });
  });

  it.each([
    ['Retry-After beyond the deadline', 2, 5 * HOUR, HOUR, HOUR - 15_000],
    ['backoff beyond the deadline', 20, undefined, 60_000, 45_000],
    ['the shortest time that still fits', 1, undefined, 20_000, 5_000],
  ])('%s becomes one last attempt before it', (_name, attempt, retryAfterMs, remainingMs, delayMs) => {
    const decision = nextRetryDelayMs({ attempt, random01: 0.9, retryAfterMs, remainingMs });
    expect(decision).toEqual({ kind: 'retry', delayMs });
  });

  it.each([19_999, 15_000, 0, -1])('gives up with %i ms left', (remainingMs) => {
    expect(nextRetryDelayMs({ attempt: 1, random01: 0.5, remainingMs })).toEqual({ kind: 'give_up' });
  });

  it('ends within the horizon after about 80 attempts, whatever the jitter is', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (jitter) => {
        let [elapsed, attempt] = [0, 1];
        for (const random01 of jitter) {
          const next = nextRetryDelayMs({ attempt, random01, remainingMs: DELIVERY_HORIZON_MS - elapsed });
          if (next.kind === 'give_up') break;
          elapsed += next.delayMs;
          attempt += 1;
        }
        expect(elapsed).toBeLessThan(DELIVERY_HORIZON_MS);
        expect(elapsed).toBeGreaterThan(DELIVERY_HORIZON_MS - 60_000);
        expect(attempt).toBeGreaterThan(60);
        expect(attempt).toBeLessThan(110);
      }),
    );
  });
});

describe('nextTurnDelayMs', () => {
  it('comes back at its turn, and never past the deadline', () => {
    expect(nextTurnDelayMs({ ...middle, turnInMs: 1_250 })).toEqual({ kind: 'retry', delayMs: 1_250 });
    const late = { ...middle, turnInMs: FURTHEST_TURN_MS / 2, remainingMs: 60_000 };
    expect(nextTurnDelayMs(late)).toEqual({ kind: 'retry', delayMs: 45_000 });
    expect(nextTurnDelayMs({ ...late, remainingMs: 19_999 })).toEqual({ kind: 'give_up' });
  });

  it('spreads the end of a long line over its second half', () => {
    const turnInMs = FURTHEST_TURN_MS;
    const delays = [0, 0.5, 1].map((random01) => nextTurnDelayMs({ ...middle, random01, turnInMs }));
    expect(delays).toEqual([0.5, 0.75, 1].map((part) => ({ kind: 'retry', delayMs: part * turnInMs })));
  });
});
