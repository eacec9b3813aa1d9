import type { ClickTouch, Touch } from '../facts';
import { latestMeantMs, positionInWindow } from './click-window';
import { type Contest, findContests } from './contest';
import { type AttributionModel, DEFAULT_HALF_LIFE_DAYS } from './models';
import { byTouchTime, touchedAtMs, windowOf } from './touch';
import { weightsOf } from './weights';

/** A touch that takes part in the credit; its weight is a part of the sum of all weights. */
export type Share = { readonly touch: Touch; readonly weight: bigint };

/** Why a touch that was looked at has no credit. `assisted` ones lie on the path and the model gives them nothing. */
export const LOSING_REASONS = [
  'assisted',
  'click_beats_view',
  'contested',
  'blocked_click',
  'outside_click_window',
  'click_after_event',
] as const;
export type LosingReason = (typeof LOSING_REASONS)[number];
export type LosingTouch = { readonly touch: Touch; readonly reason: LosingReason };

export const NO_TOUCH_REASONS = [
  'no_touch',
  'blocked_click',
  'outside_click_window',
  'click_after_event',
] as const;

/** How an event is credited. */
export type Attribution = {
  readonly model: AttributionModel;
  /** What kind of touches carries the credit; views only when no click could. */
  readonly basis: 'click' | 'view' | 'none';
  /** Oldest first; those of weight zero are left out. */
  readonly shares: readonly Share[];
  /**
   * Latest first, and of many the latest only. Those of after the event are told only while nobody is credited: else
   * whatever the visitor clicks in all his life would change what is told of an old event.
   */
  readonly losing: readonly LosingTouch[];
  readonly contests: readonly Contest[];
  /** Why nobody is credited; null when somebody is. */
  readonly reason: (typeof NO_TOUCH_REASONS)[number] | null;
};

/** The longest path that is shared; of more clicks the latest. Nobody who clicks more often is a person. */
const MAX_PATH = 50;
/** Losing touches are told for explanation only; a visitor who clicks all day must not fill the books. */
const MAX_LOSING = 20;

/**
 * Credits an event to touches, in this order: blocked ones are out; the event's own time must lie in the touch's
 * window; a click that displaces another partner's in the last moment is out; any click beats every view. The model
 * is that of the latest click left. Depends on the set of touches alone, never on their order.
 */
export function attribute(touches: readonly Touch[], occurredAtMs: number): Attribution {
  const ordered = [...touches].sort(byTouchTime);
  const losing: LosingTouch[] = [];
  const inside: Touch[] = [];
  for (const touch of ordered) {
    const refusal = refusalOf(touch, occurredAtMs);
    if (refusal === null) inside.push(touch);
    else losing.push({ touch, reason: refusal });
  }
  const clicks = inside.filter((touch) => touch.kind === 'click').slice(-MAX_PATH);
  const contests = findContests(clicks, occurredAtMs);
  const refused = new Set(contests.filter(({ isRefused }) => isRefused).map(({ challenger }) => challenger));
  const path = clicks.filter((click) => !refused.has(click));
  for (const touch of refused) losing.push({ touch, reason: 'contested' });
  const views = inside.filter((touch) => touch.kind === 'view');
  if (path.length > 0) for (const touch of views) losing.push({ touch, reason: 'click_beats_view' });
  const { model, shares, assisting } = path.length > 0 ? shareClicks(path, occurredAtMs) : shareViews(views);
  losing.push(...assisting.map((touch) => ({ touch, reason: 'assisted' as const })));
  const told = shares.length > 0 ? losing.filter(({ reason }) => reason !== 'click_after_event') : losing;
  told.sort((a, b) => byTouchTime(b.touch, a.touch));
  return {
    model,
    basis: path.length > 0 ? 'click' : shares.length > 0 ? 'view' : 'none',
    shares,
    losing: told.slice(0, MAX_LOSING),
    contests,
    reason: shares.length > 0 ? null : noTouchReason(ordered, losing),
  };
}

type Shared = { model: AttributionModel; shares: Share[]; assisting: Touch[] };

function shareClicks(path: readonly ClickTouch[], occurredAtMs: number): Shared {
  const decisive = path.at(-1);
  if (decisive === undefined) throw new Error('a path has a click');
  const { model, halfLifeDays } = decisive;
  const atMs = latestMeantMs(occurredAtMs);
  const weighable = path.map((click) => ({ ageMs: atMs - click.clickedAtMs, isDirect: click.isDirect }));
  return split(path, weightsOf(model, weighable, halfLifeDays), model);
}

/** Of views the most recent has it all, whatever the model: who saw most often has not therefore done most. */
function shareViews(views: readonly Touch[]): Shared {
  const weighable = views.map(() => ({ ageMs: 0, isDirect: false }));
  return split(views, weightsOf('last_touch', weighable, DEFAULT_HALF_LIFE_DAYS), 'last_touch');
}

function split(path: readonly Touch[], weights: readonly bigint[], model: AttributionModel): Shared {
  const shares = path.map((touch, index) => ({ touch, weight: weights[index] ?? 0n }));
  return {
    model,
    shares: shares.filter(({ weight }) => weight > 0n),
    assisting: shares.filter(({ weight }) => weight === 0n).map(({ touch }) => touch),
  };
}

function refusalOf(touch: Touch, occurredAtMs: number): LosingReason | null {
  if (touch.outcome === 'block') return 'blocked_click';
  switch (positionInWindow(windowOf(touch), occurredAtMs)) {
    case 'inside':
      return null;
    case 'before_touch':
      return 'click_after_event';
    case 'after_window':
      return 'outside_click_window';
  }
}

/** The weightiest of the reasons: a window that is over says more than a click that was yet to come. */
function noTouchReason(touches: readonly Touch[], losing: readonly LosingTouch[]): Attribution['reason'] {
  if (touches.length === 0) return 'no_touch';
  const reasons = new Set(losing.map(({ reason }) => reason));
  if (reasons.has('outside_click_window')) return 'outside_click_window';
  return reasons.has('click_after_event') ? 'click_after_event' : 'blocked_click';
}

/** The credited click that stands for the whole: the latest one. Null when a view is credited, or nobody. */
export function leadingClick({ shares }: Attribution): ClickTouch | null {
  const touch = shares.at(-1)?.touch;
  return touch?.kind === 'click' ? touch : null;
}

/** How long before the event a touch was; for people. */
export function ageMsOf(touch: Touch, occurredAtMs: number): number {
  return Math.max(0, latestMeantMs(occurredAtMs) - touchedAtMs(touch));
}
