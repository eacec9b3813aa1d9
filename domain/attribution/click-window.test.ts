import fc from 'fast-check';
import { aTouch, CLICKED_AT_MS } from '../testing/facts';
import { DAY_MS } from '../time';
import { latestMeantMs, positionInWindow, windowEndMs } from './click-window';
import { windowOf } from './touch';

const SECOND_START = Date.UTC(2026, 2, 1, 12, 0, 0);

describe('windowEndMs', () => {
  // Clocks in Berlin go forward on 29 March 2026 and back on 25 October 2026.
  it.each([
    ['without a change of the clocks', '2026-01-10T12:00:00+01:00', '2026-02-09T12:00:00+01:00'],
    ['across the spring change', '2026-03-15T12:00:00+01:00', '2026-04-14T13:00:00+02:00'],
    ['across the autumn change', '2026-10-10T12:00:00+02:00', '2026-11-09T11:00:00+01:00'],
    ['from within the hour that is skipped', '2026-03-29T01:59:59+01:00', '2026-04-28T02:59:59+02:00'],
    ['from within the hour that comes twice', '2026-10-25T02:30:00+02:00', '2026-11-24T01:30:00+01:00'],
  ])('is 30 × 24 hours %s', (_name, clickedAt, endsAt) => {
    expect(windowEndMs(Date.parse(clickedAt), 30)).toBe(Date.parse(endsAt));
    expect(Date.parse(endsAt) - Date.parse(clickedAt)).toBe(30 * 24 * 3_600_000);
  });

  it.each([1, 7, 30, 90])('of %i days is that many times 24 hours', (days) => {
    expect(windowEndMs(CLICKED_AT_MS, days)).toBe(CLICKED_AT_MS + days * DAY_MS);
  });
});

describe('positionInWindow', () => {
  const touch = aTouch();

  it.each([
    ['the click’s own millisecond', touch.clickedAtMs, 'inside'],
    ['one millisecond before the click', touch.clickedAtMs - 1, 'before_touch'],
    ['one millisecond after the click', touch.clickedAtMs + 1, 'inside'],
    ['one millisecond before the end', touch.expiresAtMs - 1, 'inside'],
    ['the last millisecond', touch.expiresAtMs, 'inside'],
    ['one millisecond after the end', touch.expiresAtMs + 1, 'after_window'],
  ] as const)('%s', (_name, occurredAtMs, position) => {
    expect(positionInWindow(windowOf(touch), occurredAtMs)).toBe(position);
  });

  it.each([
    ['its own second', SECOND_START + 500, SECOND_START, 'inside'],
    ['its own second, at its last millisecond', SECOND_START + 999, SECOND_START, 'inside'],
    ['the second before', SECOND_START + 500, SECOND_START - 1_000, 'before_touch'],
    ['the next second’s first millisecond', SECOND_START + 1_000, SECOND_START, 'before_touch'],
    ['its own second, but with a fraction', SECOND_START + 500, SECOND_START + 499, 'before_touch'],
  ] as const)('a whole-second time means %s', (_name, clickedAtMs, occurredAtMs, position) => {
    expect(positionInWindow(windowOf(aTouch({ clickedAtMs })), occurredAtMs)).toBe(position);
  });

  it('holds a whole second in which the window ends', () => {
    const ending = aTouch({ clickedAtMs: SECOND_START - DAY_MS, expiresAtMs: SECOND_START + 300 });
    expect(positionInWindow(windowOf(ending), SECOND_START)).toBe('inside');
    expect(positionInWindow(windowOf(ending), SECOND_START + 1_000)).toBe('after_window');
  });
});

describe('latestMeantMs', () => {
  it.each([
    [SECOND_START, SECOND_START + 999],
    [SECOND_START + 1, SECOND_START + 1],
    [SECOND_START + 999, SECOND_START + 999],
    [SECOND_START - 1, SECOND_START - 1],
  ])('of %i is %i', (occurredAtMs, latest) => {
    expect(latestMeantMs(occurredAtMs)).toBe(latest);
  });

  it('stays within the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SECOND_START }), (ms) => {
        const latest = latestMeantMs(ms);
        expect(latest).toBeGreaterThanOrEqual(ms);
        expect(Math.floor(latest / 1_000)).toBe(Math.floor(ms / 1_000));
      }),
      { seed: 41, numRuns: 300 },
    );
  });
});
