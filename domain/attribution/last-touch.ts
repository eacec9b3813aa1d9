import type { Touch } from '../facts';
import { positionInWindow } from './click-window';

export type TouchChoice =
  | { readonly found: true; readonly touch: Touch }
  | {
      readonly found: false;
      readonly reason: 'no_touch' | 'blocked_click' | 'outside_click_window' | 'click_after_event';
    };

/**
 * The latest click that was not blocked as fraud and whose window holds the event. Equal click times are decided by
 * the higher click id, so the choice depends on the set of touches and never on their order.
 */
export function lastTouch(touches: readonly Touch[], occurredAtMs: number): TouchChoice {
  const credible = touches.filter((touch) => touch.outcome !== 'block');
  let best: Touch | null = null;
  let sawExpired = false;
  for (const touch of credible) {
    const position = positionInWindow(touch, occurredAtMs);
    if (position === 'after_window') sawExpired = true;
    if (position !== 'inside') continue;
    if (best === null || isLater(touch, best)) best = touch;
  }
  if (best !== null) return { found: true, touch: best };
  if (credible.length === 0) {
    return { found: false, reason: touches.length === 0 ? 'no_touch' : 'blocked_click' };
  }
  return { found: false, reason: sawExpired ? 'outside_click_window' : 'click_after_event' };
}

function isLater(a: Touch, b: Touch): boolean {
  return a.clickedAtMs === b.clickedAtMs ? a.clickId > b.clickId : a.clickedAtMs > b.clickedAtMs;
}
