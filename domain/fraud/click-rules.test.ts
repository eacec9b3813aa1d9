import fc from 'fast-check';
import { CLICKED_AT_MS } from '../testing/facts';
import { type ClickEvidence, judgeClick, REPEAT_CLICK_WINDOW_MS } from './click-rules';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const click = (changes: Partial<ClickEvidence> = {}): ClickEvidence => ({
  userAgent: CHROME,
  clickedAtMs: CLICKED_AT_MS,
  previousClickAtMs: null,
  ...changes,
});
const codes = (changes: Partial<ClickEvidence>) => judgeClick(click(changes)).reasons.map(({ code }) => code);

describe('judgeClick', () => {
  it.each([
    ['a browser', CHROME, []],
    ['a phone', SAFARI, []],
    ['no user agent', null, ['empty_user_agent']],
    ['an empty one', '', ['empty_user_agent']],
    ['only spaces', ' \t', ['empty_user_agent']],
    [
      'a crawler',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      ['bot_user_agent'],
    ],
    ['a command line', 'curl/8.5.0', ['bot_user_agent']],
    ['an HTTP library', 'python-requests/2.32.3', ['bot_user_agent']],
  ])('%s', (_name, userAgent, expected) => {
    expect(codes({ userAgent })).toEqual(expected);
  });

  it.each([
    ['never before', null, []],
    ['in the same millisecond', CLICKED_AT_MS, ['repeat_click']],
    ['two seconds before', CLICKED_AT_MS - 2_000, ['repeat_click']],
    ['one millisecond longer ago', CLICKED_AT_MS - REPEAT_CLICK_WINDOW_MS - 1, []],
  ])('the same visitor clicked %s', (_name, previousClickAtMs, expected) => {
    expect(codes({ previousClickAtMs })).toEqual(expected);
  });

  it('gives every reason, and the score of all', () => {
    expect(judgeClick(click({ userAgent: '', previousClickAtMs: CLICKED_AT_MS - 5 }))).toEqual({
      outcome: 'review',
      score: 70,
      reasons: [
        { code: 'empty_user_agent', detail: 'The request named no browser.' },
        { code: 'repeat_click', detail: 'The same visitor clicked this campaign 5 ms before.' },
      ],
    });
    expect(judgeClick(click())).toEqual({ outcome: 'allow', score: 0, reasons: [] });
  });

  it('blocks nothing, and gives a reason for every doubt', () => {
    const anyClick = fc.record({
      userAgent: fc.option(fc.oneof(fc.string(), fc.constantFrom(CHROME, SAFARI, 'curl/8.5.0', 'bot'))),
      clickedAtMs: fc.constant(CLICKED_AT_MS),
      previousClickAtMs: fc.option(fc.integer({ min: CLICKED_AT_MS - 5_000, max: CLICKED_AT_MS })),
    });
    fc.assert(
      fc.property(anyClick, (given) => {
        const { outcome, score, reasons } = judgeClick(given);
        expect(outcome).toBe(reasons.length > 0 ? 'review' : 'allow');
        expect(score > 0).toBe(reasons.length > 0);
        expect(score).toBeLessThanOrEqual(100);
      }),
      { seed: 71, numRuns: 300 },
    );
  });
});
