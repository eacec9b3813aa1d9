import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../time';
import { afterStep, CLOSE_LAG_MS, FOLD_LAG_MS, nextStep, type Progress, QUARTER_MS } from './next-step';

const HOUR = Date.UTC(2026, 9, 25, 1);

describe('nextStep', () => {
  it.each([
    ['nothing is old enough', { foldedMs: HOUR, closedMs: HOUR }, HOUR + FOLD_LAG_MS, null],
    [
      'a second is',
      { foldedMs: HOUR, closedMs: HOUR },
      HOUR + FOLD_LAG_MS + 1_999,
      { kind: 'fold', fromMs: HOUR, toMs: HOUR + SECOND_MS },
    ],
    [
      'a piece ends with its quarter',
      { foldedMs: HOUR + 14 * MINUTE_MS, closedMs: HOUR },
      HOUR + 19 * MINUTE_MS,
      { kind: 'fold', fromMs: HOUR + 14 * MINUTE_MS, toMs: HOUR + QUARTER_MS },
    ],
    [
      'a quarter is over for long enough',
      { foldedMs: HOUR + 19 * MINUTE_MS, closedMs: HOUR },
      HOUR + QUARTER_MS + CLOSE_LAG_MS,
      { kind: 'close', fromMs: HOUR, toMs: HOUR + QUARTER_MS, endsHour: false },
    ],
    [
      'the last one of an hour',
      { foldedMs: HOUR + 65 * MINUTE_MS, closedMs: HOUR + 45 * MINUTE_MS },
      HOUR + HOUR_MS + CLOSE_LAG_MS,
      { kind: 'close', fromMs: HOUR + 45 * MINUTE_MS, toMs: HOUR + HOUR_MS, endsHour: true },
    ],
  ] as const)('%s', (_what, progress, nowMs, step) => {
    expect(nextStep(progress, nowMs)).toEqual(step);
  });

  it('covers every moment once by folding, and once more by closing, however far it is behind', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 3 * HOUR_MS }), { maxLength: 12 }),
        (quarters, waits) => {
          const startMs = HOUR - quarters * QUARTER_MS;
          let progress: Progress = { foldedMs: startMs, closedMs: startMs };
          let nowMs = startMs;
          for (const waitMs of waits) {
            nowMs += waitMs;
            for (let step = nextStep(progress, nowMs); step !== null; step = nextStep(progress, nowMs)) {
              const last = step.kind === 'fold' ? progress.foldedMs : progress.closedMs;
              expect(step.fromMs).toBe(last);
              expect(step.toMs).toBeGreaterThan(step.fromMs);
              expect(step.toMs - step.fromMs).toBeLessThanOrEqual(QUARTER_MS);
              progress = afterStep(progress, step);
              expect(progress.closedMs).toBeLessThanOrEqual(progress.foldedMs);
            }
            expect(nowMs - progress.foldedMs).toBeLessThan(FOLD_LAG_MS + SECOND_MS + waitMs);
            expect(nowMs - progress.closedMs).toBeLessThan(QUARTER_MS + CLOSE_LAG_MS);
          }
        },
      ),
    );
  });
});
