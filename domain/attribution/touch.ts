import type { Touch } from '../facts';
import type { ClickId, ImpressionId } from '../ids';
import type { WindowSpan } from './click-window';

export function touchIdOf(touch: Touch): ClickId | ImpressionId {
  return touch.kind === 'click' ? touch.clickId : touch.impressionId;
}

export function touchedAtMs(touch: Touch): number {
  return touch.kind === 'click' ? touch.clickedAtMs : touch.viewedAtMs;
}

/** In which span an event still belongs to the touch. */
export function windowOf(touch: Touch): WindowSpan {
  return { fromMs: touchedAtMs(touch), untilMs: touch.expiresAtMs };
}

/**
 * Order of two touches by time. Equal times: a view counts as the earlier, then the lower id, so that whoever must
 * be the last is the same in every order of arrival.
 */
export function byTouchTime(a: Touch, b: Touch): number {
  if (touchedAtMs(a) !== touchedAtMs(b)) return touchedAtMs(a) - touchedAtMs(b);
  if (a.kind !== b.kind) return a.kind === 'view' ? -1 : 1;
  return touchIdOf(a) < touchIdOf(b) ? -1 : touchIdOf(a) > touchIdOf(b) ? 1 : 0;
}
