import { HOUR_MS, MINUTE_MS } from '../time';
import { HOUSEKEEPING_PARTS, type PartNote, partStates } from './parts';

const NOW = Date.UTC(2026, 10, 30, 12);
const LONG_AGO = NOW - 100 * HOUR_MS;

function stateOf(part: string, note: PartNote | null, watchedSinceMs = LONG_AGO) {
  const notes = new Map(note === null ? [] : [[part, note]]);
  return partStates(notes, { nowMs: NOW, watchedSinceMs }).find((state) => state.part === part);
}

describe('partStates', () => {
  it('knows every part, whether it was noted or not', () => {
    const states = partStates(new Map(), { nowMs: NOW, watchedSinceMs: NOW });
    expect(states.map(({ part }) => part)).toEqual(Object.keys(HOUSEKEEPING_PARTS));
    expect(states.filter(({ isLate }) => isLate)).toEqual([]);
  });

  it.each([
    ['sweep_events', 10 * MINUTE_MS],
    ['partitions', 3 * HOUR_MS],
    ['rollups', 5 * MINUTE_MS],
  ])('%s is late after its turns', (part, atMostMs) => {
    const note = (ageMs: number) => ({ succeededAtMs: NOW - ageMs, failing: null });
    expect(stateOf(part, note(atMostMs))).toMatchObject({ isLate: false, failingWith: null });
    expect(stateOf(part, note(atMostMs + 1))).toMatchObject({ isLate: true, sinceMs: NOW - atMostMs - 1 });
  });

  it('does not call late what was only stopped together with whoever asks', () => {
    const note = { succeededAtMs: NOW - 50 * HOUR_MS, failing: null };
    expect(stateOf('partitions', note, NOW)).toMatchObject({ isLate: false });
    expect(stateOf('partitions', null, NOW)).toMatchObject({ isLate: false });
    expect(stateOf('partitions', null)).toMatchObject({ isLate: true, sinceMs: LONG_AGO });
  });

  it('forgets no failure because somebody was started again', () => {
    const failing = { sinceMs: NOW - 5 * HOUR_MS, code: '55P03' };
    const succeededAtMs = NOW - 6 * HOUR_MS;
    const late = { isLate: true, failingWith: '55P03' };
    expect(stateOf('partitions', { succeededAtMs, failing }, NOW)).toMatchObject({
      ...late,
      sinceMs: succeededAtMs,
    });
    expect(stateOf('partitions', { succeededAtMs: null, failing }, NOW)).toMatchObject({
      ...late,
      sinceMs: failing.sinceMs,
    });
    expect(stateOf('partitions', { succeededAtMs: NOW, failing }, NOW)).toMatchObject({ isLate: false });
  });
});
