import fc from 'fast-check';
import { HOUR_MS } from '../time';
import { DEFAULT_FAILURE_LIMITS, type FailureLimits, ladderStep } from './failure-ladder';
import { DELIVERY_HORIZON_MS } from './retry';

const since = 1_000_000;
const stepAt = (failures: number, hours: number, limits: FailureLimits = DEFAULT_FAILURE_LIMITS) =>
  ladderStep({ failures, sinceMs: since }, limits, since + hours * HOUR_MS);

describe('ladderStep', () => {
  it.each([
    [1, 0, 'none'],
    [4, 0, 'none'],
    [5, 0, 'warn'],
    [6, 0, 'none'],
    [10, 0, 'warn'],
    [15, 100, 'warn'],
    [19, 100, 'none'],
    [20, 0, 'none'],
    [20, 71.999, 'none'],
    [20, 72, 'disable'],
    [500, 71, 'none'],
    [500, 73, 'disable'],
  ])('%i failures in %d hours by default: %s', (failures, hours, step) => {
    expect(stepAt(failures, hours)).toBe(step);
  });

  it('disables by number alone where a destination wants no grace', () => {
    const limits = { warnEveryFailures: 2, disableAfterFailures: 3, disableAfterHours: 0 };
    expect([1, 2, 3].map((failures) => stepAt(failures, 0, limits))).toEqual(['none', 'warn', 'disable']);
  });

  it('never warns where the first failure disables', () => {
    const limits = { warnEveryFailures: 1, disableAfterFailures: 1, disableAfterHours: 0 };
    expect(stepAt(1, 0, limits)).toBe('disable');
  });

  it('gives every delivery its three days before it gives up the destination', () => {
    expect(DEFAULT_FAILURE_LIMITS.disableAfterHours * HOUR_MS).toBe(DELIVERY_HORIZON_MS);
  });

  it('warns a bounded number of times, whatever the limits', () => {
    const positive = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(positive, positive, fc.nat(100), (warnEveryFailures, disableAfterFailures, hours) => {
        const limits = { warnEveryFailures, disableAfterFailures, disableAfterHours: 72 };
        const steps = Array.from({ length: 200 }, (_, index) => stepAt(index + 1, hours, limits));
        const warnings = steps.filter((step) => step === 'warn').length;
        expect(warnings).toBe(Math.floor((disableAfterFailures - 1) / warnEveryFailures));
        expect(steps.includes('disable')).toBe(hours >= 72);
      }),
    );
  });
});
