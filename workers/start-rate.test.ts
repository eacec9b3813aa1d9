import fc from 'fast-check';
import { SECOND_MS } from '../domain/time';
import { StartRate } from './start-rate';

/** Spends whatever is allowed, `forMs` long, looking when it is told to. Gives what was spent, with its time. */
function spendAll(perSecond: number, forMs: number): { starts: number; batches: number } {
  const rate = new StartRate(perSecond, 0);
  let [nowMs, starts, batches] = [0, 0, 0];
  while (nowMs < forMs) {
    const allowed = rate.allowedAt(nowMs);
    if (allowed === 0) {
      // At least a moment, or this would never end.
      nowMs += Math.max(1, rate.msUntilAllowed(nowMs));
      continue;
    }
    rate.spend(allowed);
    starts += allowed;
    batches += 1;
  }
  return { starts, batches };
}

describe('StartRate', () => {
  it.each([1, 3, 40, 200, 10_000])('%i a second, with half a second saved at the beginning', (perSecond) => {
    const { starts } = spendAll(perSecond, 10 * SECOND_MS);
    expect(starts).toBeLessThanOrEqual(perSecond * 10 + Math.max(1, perSecond / 2));
    expect(starts).toBeGreaterThanOrEqual(perSecond * 10 - 1);
    expect(new StartRate(perSecond, 0).msUntilAllowed(0)).toBe(0);
  });

  it('takes a backlog in a few batches a second', () => {
    expect(spendAll(200, 10 * SECOND_MS).batches).toBeLessThanOrEqual(42);
  });

  it('saves no more than half a second, however long nothing was started', () => {
    const rate = new StartRate(100, 0);
    rate.spend(rate.allowedAt(0));
    expect(rate.allowedAt(3_600 * SECOND_MS)).toBe(50);
  });

  it('waits longer after it was overdrawn', () => {
    const rate = new StartRate(100, 0);
    rate.spend(150);
    expect(rate.allowedAt(SECOND_MS)).toBe(0);
    expect(rate.msUntilAllowed(SECOND_MS)).toBe(250);
    expect(rate.allowedAt(SECOND_MS + 250)).toBe(25);
  });

  it('a clock that is set back stops nothing and gives nothing', () => {
    const rate = new StartRate(100, 10_000);
    rate.spend(50);
    expect(rate.allowedAt(2_000)).toBe(0);
    expect(rate.allowedAt(2_500)).toBe(50);
  });

  it('never allows more than what has come in, whenever it is asked', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), steps, (perSecond, passed) => {
        const rate = new StartRate(perSecond, 0);
        let [nowMs, starts] = [0, 0];
        for (const ms of passed) {
          nowMs += ms;
          const allowed = rate.allowedAt(nowMs);
          rate.spend(allowed);
          starts += allowed;
          // A hair for the sum of fractions.
          expect(starts).toBeLessThanOrEqual(
            Math.max(1, perSecond / 2) + (nowMs / SECOND_MS) * perSecond + 1e-6,
          );
        }
      }),
    );
  });
});
