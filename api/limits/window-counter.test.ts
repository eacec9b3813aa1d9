import fc from 'fast-check';
import { WindowCounter } from './window-counter';

const counterOf = (limit: number, maxKeys = 10) => new WindowCounter({ limit, windowMs: 1_000, maxKeys });
const T0 = Date.UTC(2026, 2, 1);

describe('WindowCounter', () => {
  it('lets a key have its share of each window, whatever the others do', () => {
    const counter = counterOf(2);
    expect([1, 2, 3].map(() => counter.take('a', T0))).toEqual([true, true, false]);
    expect(counter.take('b', T0)).toBe(true);
    expect(counter.isFull('a', T0)).toBe(true);
    expect(counter.isFull('b', T0)).toBe(false);
    expect(counter.take('a', T0 + 999)).toBe(false);
    expect(counter.take('a', T0 + 1_000)).toBe(true);
  });

  it('begins a new window when the clock was set back', () => {
    const counter = counterOf(1);
    counter.take('a', T0);
    expect(counter.take('a', T0 - 3_600_000)).toBe(true);
  });

  it('counts no more keys than it may hold, and lets the others pass', () => {
    const counter = counterOf(1, 2);
    for (const key of ['a', 'b', 'c']) counter.take(key, T0);
    expect(['a', 'b', 'c', 'd'].map((key) => counter.take(key, T0))).toEqual([false, false, true, true]);
  });

  it.each([
    [0, 1],
    [1, 1],
    [999, 1],
  ])('says %d ms into a window of a second that it ends in %d s', (ms, seconds) => {
    expect(counterOf(1).secondsLeft(T0 + ms)).toBe(seconds);
  });

  it('never lets a key pass more often in one window than it may', () => {
    const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), afterMs: fc.nat(400) }));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (taken, limit) => {
        const counter = counterOf(limit);
        const passed = new Map<string, number>();
        let nowMs = T0;
        for (const { key, afterMs } of taken) {
          nowMs += afterMs;
          const window = `${key} ${Math.floor(nowMs / 1_000)}`;
          if (counter.take(key, nowMs)) passed.set(window, (passed.get(window) ?? 0) + 1);
        }
        expect(Math.max(0, ...passed.values())).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
