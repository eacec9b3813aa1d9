import type { ClickTouch } from '../facts';
import { aTouch, testId } from '../testing/facts';
import { MINUTE_MS, SECOND_MS } from '../time';
import { findContests, LEAST_GAP_MS } from './contest';

/** Not a whole second, so that the rule of whole seconds stays out. */
const EVENT_AT_MS = Date.UTC(2026, 2, 1, 12, 0, 0, 500);
const clickOf = (partner: number | null, beforeMs: number, number = partner ?? 9): ClickTouch =>
  aTouch({
    clickId: testId('clk', number),
    partnerId: partner === null ? null : testId('ptn', partner),
    clickedAtMs: EVENT_AT_MS - beforeMs,
  });
const first = clickOf(1, 60 * MINUTE_MS);

const summary = (path: readonly ClickTouch[], occurredAtMs = EVENT_AT_MS) =>
  findContests(path, occurredAtMs).map(({ challenger, gapMs, isRefused }) => [
    challenger.clickId,
    gapMs,
    isRefused,
  ]);

describe('findContests', () => {
  it('protects the first partner’s click from another’s just before the event', () => {
    const challenger = clickOf(2, 5 * SECOND_MS);
    expect(findContests([first, challenger], EVENT_AT_MS)).toEqual([
      { protected: first, challenger, gapMs: 5_000, isRefused: true, reason: 'click_just_before_event' },
    ]);
  });

  it('records an earlier overwrite, and lets it stand', () => {
    const challenger = clickOf(2, 5 * MINUTE_MS);
    expect(findContests([first, challenger], EVENT_AT_MS)).toEqual([
      {
        protected: first,
        challenger,
        gapMs: 300_000,
        isRefused: false,
        reason: 'overwritten_before_registration',
      },
    ]);
  });

  it.each<[string, number, boolean]>([
    ['one millisecond less than fifteen seconds', LEAST_GAP_MS - 1, true],
    ['fifteen seconds', LEAST_GAP_MS, false],
    ['none at all', 0, true],
  ])('asks for fifteen seconds: %s', (_name, beforeMs, isRefused) => {
    expect(summary([first, clickOf(2, beforeMs)])).toEqual([[testId('clk', 2), beforeMs, isRefused]]);
  });

  // An event at a whole second may have happened at its last millisecond.
  it.each<[string, number, number, boolean]>([
    ['fifteen seconds to its last millisecond', 14_001, 15_000, false],
    ['one millisecond less', 14_000, 14_999, true],
    ['a click later in the event’s own second', -600, 399, true],
    ['a click at its last millisecond', -999, 0, true],
  ])('asks a whole-second time for %s', (_name, beforeMs, gapMs, isRefused) => {
    const wholeSecond = EVENT_AT_MS - 500;
    const challenger = aTouch({
      clickId: testId('clk', 2),
      partnerId: testId('ptn', 2),
      clickedAtMs: wholeSecond - beforeMs,
    });
    expect(summary([first, challenger], wholeSecond)).toEqual([[testId('clk', 2), gapMs, isRefused]]);
  });

  it.each<[string, ClickTouch[]]>([
    ['no click', []],
    ['one click, however late', [clickOf(1, 0)]],
    ['the same partner again', [first, clickOf(1, SECOND_MS, 2)]],
    ['a direct visit after a partner’s click', [first, clickOf(null, SECOND_MS)]],
    ['a partner’s click after a direct visit', [clickOf(null, MINUTE_MS), clickOf(2, SECOND_MS)]],
    ['direct visits only', [clickOf(null, MINUTE_MS), clickOf(null, SECOND_MS, 8)]],
  ])('sees no contest in %s', (_name, path) => {
    expect(summary(path)).toEqual([]);
  });

  it('protects the first partner though a direct visit came before, and against every other', () => {
    const path = [clickOf(null, 2 * 60 * MINUTE_MS), first, clickOf(2, MINUTE_MS), clickOf(3, SECOND_MS)];
    expect(findContests(path, EVENT_AT_MS).map((contest) => contest.protected)).toEqual([first, first]);
    expect(summary(path)).toEqual([
      [testId('clk', 2), 60_000, false],
      [testId('clk', 3), 1_000, true],
    ]);
  });
});
