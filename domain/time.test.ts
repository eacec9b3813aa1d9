import fc from 'fast-check';
import { parseInstant, toIso } from './time';

describe('parseInstant', () => {
  it.each([
    ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00.123Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2026-03-01T12:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00.5Z', Date.UTC(2026, 2, 1, 12, 0, 0, 500)],
    ['2026-03-01T12:00:00.05Z', Date.UTC(2026, 2, 1, 12, 0, 0, 50)],
    ['2026-03-01T12:00:00.123999999Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2026-03-01T12:00:00.999999Z', Date.UTC(2026, 2, 1, 12, 0, 0, 999)],
    ['2026-03-01T12:00:00+00:00', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00-00:00', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00+02:00', Date.UTC(2026, 2, 1, 10)],
    ['2026-03-01T12:00:00+0530', Date.UTC(2026, 2, 1, 6, 30)],
    ['2026-03-01T12:00:00-03:30', Date.UTC(2026, 2, 1, 15, 30)],
    ['2026-03-01T00:30:00+14:00', Date.UTC(2026, 1, 28, 10, 30)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['2000-01-01T00:00:00Z', Date.UTC(2000, 0, 1)],
    ['2099-12-31T23:59:59.999Z', Date.UTC(2100, 0, 1) - 1],
    ['2100-01-01T01:00:00+02:00', Date.UTC(2099, 11, 31, 23)],
  ])('reads %s', (text, ms) => {
    expect(parseInstant(text)).toEqual({ ok: true, ms });
  });

  it.each([
    ['2026-03-01T12:00:00', 'time zone'],
    ['2026-03-01T12:00', 'time zone'],
    ['2026-03-01T12:00:00.123', 'time zone'],
    ['2025-02-29T00:00:00Z', 'no existing'],
    ['2026-02-30T00:00:00Z', 'no existing'],
    ['2026-04-31T00:00:00Z', 'no existing'],
    ['2026-00-10T00:00:00Z', 'no existing'],
    ['2026-13-01T00:00:00Z', 'no existing'],
    ['2026-03-00T00:00:00Z', 'no existing'],
    ['2026-03-01T24:00:00Z', 'no existing'],
    ['2026-03-01T25:00:00Z', 'no existing'],
    ['2026-03-01T12:60:00Z', 'no existing'],
    ['2026-03-01T12:00:60Z', 'no existing'],
    ['2026-12-31T23:59:60Z', 'no existing'],
    ['2026-03-01T12:00:00+15:00', 'offset'],
    ['2026-03-01T12:00:00-99:00', 'offset'],
    ['2026-03-01T12:00:00+02:60', 'offset'],
    ['1999-12-31T23:59:59.999Z', 'between 2000 and 2100'],
    ['2000-01-01T01:00:00+02:00', 'between 2000 and 2100'],
    ['2100-01-01T00:00:00Z', 'between 2000 and 2100'],
    ['0026-03-01T00:00:00Z', 'between 2000 and 2100'],
    ['9999-12-31T23:59:59Z', 'between 2000 and 2100'],
    ['', 'ISO 8601'],
    ['now', 'ISO 8601'],
    ['1772366400', 'ISO 8601'],
    ['2026-03-01', 'ISO 8601'],
    ['2026-03-01 12:00:00Z', 'ISO 8601'],
    ['2026-03-01T12:00:00z', 'ISO 8601'],
    ['2026-03-01T12:00:00+02', 'ISO 8601'],
    ['2026-3-1T12:00:00Z', 'ISO 8601'],
    ['2026-03-01T12:00:00.Z', 'ISO 8601'],
    ['2026-03-01T12:00:00.1234567890Z', 'ISO 8601'],
    ['2026-03-01T12:00:00Z\n', 'ISO 8601'],
    ['+002026-03-01T12:00:00Z', 'ISO 8601'],
    ['Sun, 01 Mar 2026 12:00:00 GMT', 'ISO 8601'],
  ])('refuses %p: %s', (text, problem) => {
    expect(parseInstant(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('reads what toIso writes, in every zone', () => {
    const anyMs = fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2099, 11, 30) });
    fc.assert(
      fc.property(anyMs, fc.integer({ min: -14 * 60, max: 14 * 60 }), (ms, offsetMinutes) => {
        expect(parseInstant(toIso(ms))).toEqual({ ok: true, ms });
        const there = toIso(ms + offsetMinutes * 60_000).slice(0, -1);
        const minutes = Math.abs(offsetMinutes);
        const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((n) =>
          String(n).padStart(2, '0'),
        );
        const zone = `${offsetMinutes < 0 ? '-' : '+'}${hour}:${minute}`;
        expect(parseInstant(`${there}${zone}`)).toEqual({ ok: true, ms });
      }),
      { seed: 31, numRuns: 500 },
    );
  });
});
