import { parseRetryAfter } from './retry-after';

const now = Date.UTC(2026, 10, 21, 10, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
    ['Saturday, 21-Nov-26 10:01:00 GMT', 60_000],
    ['Sat Nov 21 10:02:00 2026', 120_000],
    ['Sun Nov  1 10:02:00 2026', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ])('reads %j', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    '-5',
    '1.5',
    '5s',
    'soon',
    '2026-11-21T10:00:30Z',
    'Sat, 21 Nov 2026 10:00:30 CET',
    '1e3',
  ])('finds nothing in %j', (header) => {
    expect(parseRetryAfter(header, now)).toBeNull();
  });

  it('keeps an absurd number finite', () => {
    expect(parseRetryAfter('999999999999999', now)).toBeGreaterThan(1e15);
    expect(parseRetryAfter('9'.repeat(40), now)).toBeNull();
  });
});
