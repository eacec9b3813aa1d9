import fc from 'fast-check';
import type { Touch } from '../facts';
import { permutations } from '../testing/fact-sets';
import { aTouch, aView, CLICKED_AT_MS, testId } from '../testing/facts';
import { byTouchTime, touchedAtMs, touchIdOf } from './touch';

describe('byTouchTime', () => {
  it('orders by time, then a view before a click, then by id, from any order', () => {
    const ordered: Touch[] = [
      aTouch({ clickId: testId('clk', 9), clickedAtMs: CLICKED_AT_MS - 1 }),
      aView({ impressionId: testId('imp', 1) }),
      aView({ impressionId: testId('imp', 2) }),
      aTouch({ clickId: testId('clk', 1) }),
      aTouch({ clickId: testId('clk', 2) }),
      aView({ impressionId: testId('imp', 3), viewedAtMs: CLICKED_AT_MS + 1 }),
    ];
    for (const order of permutations(ordered)) expect(order.sort(byTouchTime)).toEqual(ordered);
  });

  it('is zero for the same touch only', () => {
    const touch = fc
      .tuple(fc.boolean(), fc.nat(2), fc.nat(1))
      .map(
        ([isClick, number, lateMs]): Touch =>
          isClick
            ? aTouch({ clickId: testId('clk', number), clickedAtMs: CLICKED_AT_MS + lateMs })
            : aView({ impressionId: testId('imp', number), viewedAtMs: CLICKED_AT_MS + lateMs }),
      );
    fc.assert(
      fc.property(touch, touch, (a, b) => {
        const isSame = touchIdOf(a) === touchIdOf(b) && touchedAtMs(a) === touchedAtMs(b);
        expect(byTouchTime(a, b) === 0).toBe(isSame);
        expect(Math.sign(byTouchTime(a, b)) + Math.sign(byTouchTime(b, a))).toBe(0);
      }),
      { seed: 33, numRuns: 300 },
    );
  });
});
