import fc from 'fast-check';
import { createAdmission } from './admission';

const T0 = Date.UTC(2026, 2, 1);

/** How many of `perMs` tries in each of so many milliseconds are admitted. */
function admitted(limit: number, perMs: number, ms: number): number[] {
  const admission = createAdmission(limit);
  return Array.from({ length: ms }, (_, index) => {
    let count = 0;
    for (let tried = 0; tried < perMs; tried += 1) count += admission.admit(T0 + index) ? 1 : 0;
    return count;
  });
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe('createAdmission', () => {
  it('admits the limit and no more under three times as much, and evenly', () => {
    const counts = admitted(1_000, 3, 10_000);
    // The bucket was full at first: a quarter of a second's worth on top.
    expect(sum(counts)).toBeGreaterThanOrEqual(10_200);
    expect(sum(counts)).toBeLessThanOrEqual(10_250);
    expect(Math.max(...counts.slice(5_000))).toBe(1);
  });

  it('admits everything below the limit, also in bursts', () => {
    const admission = createAdmission(100);
    for (let quarter = 0; quarter < 40; quarter += 1) {
      const burst = Array.from({ length: 25 }, () => admission.admit(T0 + quarter * 250));
      expect(burst).not.toContain(false);
    }
  });

  it('recovers as soon as the load has passed', () => {
    const admission = createAdmission(100);
    while (admission.admit(T0));
    expect(admission.admit(T0 + 9)).toBe(false);
    expect(admission.admit(T0 + 20)).toBe(true);
  });

  it('admits now and then when its share is less than one a second', () => {
    const counts = admitted(0.5, 1, 10_000);
    expect(sum(counts)).toBe(5);
  });

  it('admits everything without a limit', () => {
    const admission = createAdmission(0);
    expect(Array.from({ length: 5_000 }, () => admission.admit(T0))).not.toContain(false);
  });

  it('never admits more than the time allows, however the clock jumps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 500 })), (jumps) => {
        const admission = createAdmission(10);
        let nowMs = T0;
        let forwardMs = 0;
        let count = 0;
        for (const jump of jumps) {
          nowMs += jump;
          forwardMs += Math.max(0, jump);
          if (admission.admit(nowMs)) count += 1;
        }
        expect(count).toBeLessThanOrEqual(10 + (forwardMs * 10) / 1_000);
      }),
    );
  });
});
