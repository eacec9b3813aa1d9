import { CLICKED_AT_MS } from '../testing/facts';
import { ALL_ACTIVE, rulesWith } from '../testing/rule-sets';
import { type ClickEvidence, countedClicks, judgeClick } from './click-rules';
import { DEFAULT_RULE_SET } from './rule';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const click = (changes: Partial<ClickEvidence> = {}): ClickEvidence => ({
  userAgent: CHROME,
  clickedAtMs: CLICKED_AT_MS,
  previousClickAtMs: null,
  perAddress: null,
  perAddressAndUserAgent: null,
  ...changes,
});
const codes = (changes: Partial<ClickEvidence>) =>
  judgeClick(click(changes), DEFAULT_RULE_SET).reasons.map(({ code }) => code);
const counted = (current: number, previous = 0, elapsedMs = 0) => ({ current, previous, elapsedMs });

describe('who clicks', () => {
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

  it('is reviewed and never blocked for his browser alone', () => {
    for (const userAgent of [null, 'curl/8.5.0']) {
      expect(judgeClick(click({ userAgent }), ALL_ACTIVE).outcome).toBe('review');
    }
  });
});

describe('how often the same visitor clicks', () => {
  it.each([
    ['never before', null, []],
    ['in the same millisecond', CLICKED_AT_MS, ['repeat_click']],
    ['two seconds before', CLICKED_AT_MS - 2_000, ['repeat_click']],
    ['one millisecond longer ago', CLICKED_AT_MS - 2_001, ['repeat_click_same_day']],
    ['a day ago', CLICKED_AT_MS - 86_400_000, ['repeat_click_same_day']],
    ['one millisecond longer ago than a day', CLICKED_AT_MS - 86_400_001, []],
  ])('%s', (_name, previousClickAtMs, expected) => {
    expect(codes({ previousClickAtMs })).toEqual(expected);
  });

  it('is only noted within a day', () => {
    const again = click({ previousClickAtMs: CLICKED_AT_MS - 60_000 });
    expect(judgeClick(again, ALL_ACTIVE)).toMatchObject({ outcome: 'allow', score: 0 });
  });
});

describe('how many clicks an address sends', () => {
  it.each([
    ['a hundred', counted(100), []],
    ['a hundred and one', counted(101), ['clicks_per_ip']],
    ['a hundred, half of them in the minute before', counted(50, 100, 30_000), []],
    ['one more', counted(51, 100, 30_000), ['clicks_per_ip']],
    ['no address of its own', null, []],
  ])('%s', (_name, perAddress, expected) => {
    expect(codes({ perAddress })).toEqual(expected);
  });

  it.each([
    ['ten of one browser', counted(10), []],
    ['eleven', counted(11), ['clicks_per_ip_and_user_agent']],
  ])('%s', (_name, perAddressAndUserAgent, expected) => {
    expect(codes({ perAddressAndUserAgent })).toEqual(expected);
  });

  it('says how many there were', () => {
    const { reasons } = judgeClick(click({ perAddress: counted(93, 46, 45_000) }), DEFAULT_RULE_SET);
    expect(reasons).toEqual([
      {
        code: 'clicks_per_ip',
        detail: 'About 105 clicks from this address within a minute.',
        family: 'velocity',
        level: 'review',
        mode: 'suspicious',
        score: 30,
      },
    ]);
  });

  it.each([
    ['a robot', 'curl/8.5.0', 'block'],
    ['a desktop browser', CHROME, 'review'],
    ['a phone behind a carrier', SAFARI, 'review'],
  ])('a flood of %s: %s %s', (_name, userAgent, expected) => {
    const flood = click({ userAgent, perAddress: counted(900), perAddressAndUserAgent: counted(900) });
    expect(judgeClick(flood, ALL_ACTIVE).outcome).toBe(expected);
    expect(judgeClick(flood, DEFAULT_RULE_SET).outcome).toBe(userAgent === 'curl/8.5.0' ? 'review' : 'allow');
  });

  it('gives a phone no voice for a block, because a carrier has thousands of the same', () => {
    const flood = { perAddressAndUserAgent: counted(900) };
    const levels = [CHROME, SAFARI].map(
      (userAgent) => judgeClick(click({ userAgent, ...flood }), ALL_ACTIVE).reasons[0]?.level,
    );
    expect(levels).toEqual(['block', 'review']);
  });
});

describe('judgeClick', () => {
  it('gives every reason, and the score of all', () => {
    expect(
      judgeClick(click({ userAgent: '', previousClickAtMs: CLICKED_AT_MS - 5 }), DEFAULT_RULE_SET),
    ).toEqual({
      outcome: 'review',
      score: 70,
      reasons: [
        {
          code: 'empty_user_agent',
          detail: 'The request named no browser.',
          family: 'identity',
          level: 'review',
          mode: 'active',
          score: 40,
        },
        {
          code: 'repeat_click',
          detail: 'The same visitor clicked this campaign 5 ms before.',
          family: 'duplicate',
          level: 'review',
          mode: 'active',
          score: 30,
        },
      ],
    });
  });

  it('goes by the modes, scores and parameters of the set', () => {
    const evidence = click({ userAgent: '', previousClickAtMs: CLICKED_AT_MS - 3_000 });
    const rules = rulesWith({
      empty_user_agent: { mode: 'off' },
      repeat_click: { score: 12, params: { withinMs: 3_000 } },
    });
    expect(judgeClick(evidence, rules)).toMatchObject({ outcome: 'review', score: 12 });
  });

  it('counts no further than four times the highest limit', () => {
    expect(countedClicks(DEFAULT_RULE_SET)).toBe(400);
    expect(countedClicks(rulesWith({ clicks_per_ip: { params: { maxClicks: 5 } } }))).toBe(40);
  });
});
