import { EVENT_KINDS } from '../facts';
import { type EvidenceChanges, eventEvidence as event } from '../testing/event-evidence';
import { CLICKED_AT_MS } from '../testing/facts';
import { ALL_ACTIVE, rulesWith } from '../testing/rule-sets';
import { HOUR_MS } from '../time';
import { judgeEvent } from './event-rules';
import { DEFAULT_RULE_SET } from './rule';
import { ALLOWED, type Verdict } from './verdict';

const codes = (changes: EvidenceChanges) =>
  judgeEvent(event(changes), DEFAULT_RULE_SET).reasons.map(({ code }) => code);

const doubt: Verdict = {
  outcome: 'review',
  score: 50,
  reasons: [
    {
      code: 'bot_user_agent',
      detail: 'A robot.',
      family: 'identity',
      level: 'block',
      mode: 'active',
      score: 50,
    },
  ],
};

describe('an event and its click', () => {
  it.each([
    ['without a known click, nothing is held against it', null, ALLOWED],
    ['on a good click', { verdict: ALLOWED }, ALLOWED],
    ['on a click that nobody has screened', { verdict: null }, ALLOWED],
    ['on a doubtful click, for the same reasons', { verdict: doubt }, doubt],
  ])('%s', (_name, click, verdict) => {
    expect(judgeEvent(event({ click }), DEFAULT_RULE_SET)).toEqual(verdict);
  });

  it('adds up what the click and the event show', () => {
    const fast = event({ occurredAtMs: CLICKED_AT_MS + 1_000, click: { verdict: doubt } });
    expect(judgeEvent(fast, DEFAULT_RULE_SET)).toMatchObject({ outcome: 'review', score: 50 });
    expect(judgeEvent(fast, ALL_ACTIVE)).toMatchObject({
      outcome: 'block',
      score: 90,
      reasons: [{ code: 'bot_user_agent' }, { code: 'fast_deposit' }],
    });
  });

  it.each(EVENT_KINDS)('on a blocked click: %s', (kind) => {
    const blocked = event({ kind, click: { verdict: { ...doubt, outcome: 'block' } } });
    const isEarning = ['install', 'lead', 'registration', 'sale', 'deposit'].includes(kind);
    // What takes money back or protects a player is not refused for who brought the player.
    expect(judgeEvent(blocked, ALL_ACTIVE).outcome).toBe(isEarning ? 'block' : 'allow');
  });
});

describe('too fast', () => {
  it.each([
    ['install', 4_999, ['fast_install']],
    ['install', 5_000, []],
    ['lead', 4_999, ['fast_conversion']],
    ['registration', 4_999, ['fast_conversion']],
    ['registration', 5_000, []],
    ['sale', 0, ['fast_conversion']],
    ['deposit', 14_999, ['fast_deposit']],
    ['deposit', 15_000, []],
    ['deposit', -1, []],
    ['withdrawal', 0, []],
  ] as const)('a %s after %d ms', (kind, afterMs, expected) => {
    const clickedAtMs = CLICKED_AT_MS;
    expect(codes({ kind, occurredAtMs: clickedAtMs + afterMs })).toEqual(expected);
  });

  it('gives a time in whole seconds its whole second', () => {
    const at = (text: string) => Date.parse(text);
    const click = { clickedAtMs: at('2026-03-01T12:00:00.500Z') };
    expect(codes({ occurredAtMs: at('2026-03-01T12:00:15Z'), click })).toEqual([]);
    expect(codes({ occurredAtMs: at('2026-03-01T12:00:14Z'), click })).toEqual(['fast_deposit']);
    expect(codes({ occurredAtMs: at('2026-03-01T12:00:00Z'), click })).toEqual(['fast_deposit']);
  });

  it('is only suspicious until an operator activates it, and one family of evidence even then', () => {
    const fast = event({ occurredAtMs: CLICKED_AT_MS + 3_000 });
    expect(judgeEvent(fast, DEFAULT_RULE_SET)).toEqual({
      outcome: 'allow',
      score: 0,
      reasons: [
        {
          code: 'fast_deposit',
          detail: 'The deposit came 3000 ms after the click.',
          family: 'timing',
          level: 'block',
          mode: 'suspicious',
          score: 40,
        },
      ],
    });
    const active = rulesWith({ fast_deposit: { mode: 'active' } });
    expect(judgeEvent(fast, active)).toMatchObject({ outcome: 'review', score: 40 });
  });
});

describe('a click after the installation had begun', () => {
  it.each([
    ['two seconds after it', -2_000, 'allow'],
    ['one millisecond later', -2_001, 'block'],
    ['before it', 5_000, 'allow'],
  ])('%s', (_name, beganAfterMs, expected) => {
    const install = event({
      kind: 'install',
      occurredAtMs: CLICKED_AT_MS + 20_000,
      installBeganAtMs: CLICKED_AT_MS + beganAfterMs,
    });
    expect(judgeEvent(install, ALL_ACTIVE).outcome).toBe(expected);
    expect(judgeEvent(install, DEFAULT_RULE_SET).outcome).toBe('allow');
  });

  it('is a matter of installs with a known beginning and click', () => {
    const injected = { kind: 'install', installBeganAtMs: CLICKED_AT_MS - HOUR_MS } as const;
    expect(codes(injected)).toEqual(['click_after_install_begin']);
    expect(codes({ ...injected, kind: 'registration' })).toEqual([]);
    expect(codes({ ...injected, installBeganAtMs: null })).toEqual([]);
    expect(codes({ ...injected, click: null })).toEqual([]);
  });
});

describe('a transaction that another source had reported', () => {
  it('is noted', () => {
    expect(codes({ isReportedElsewhere: true })).toEqual(['duplicate_transaction']);
    expect(judgeEvent(event({ isReportedElsewhere: true }), ALL_ACTIVE)).toMatchObject({
      outcome: 'allow',
      score: 0,
    });
  });
});

describe('the country', () => {
  const allow = { mode: 'allow', list: ['DE', 'AT'] } as const;
  const deny = { mode: 'deny', list: ['US'] } as const;
  const newJersey = { mode: 'allow', list: ['US-NJ'] } as const;
  it.each([
    ['on the list of allowed ones', 'DE', allow, []],
    ['not on it', 'FR', allow, ['country_not_allowed']],
    ['on the list of denied ones', 'US', deny, ['country_not_allowed']],
    ['not on that', 'FR', deny, []],
    ['unknown', null, allow, []],
    ['of a campaign without a list', 'US', null, []],
  ])('%s', (_name, country, countries, expected) => {
    expect(codes({ country, click: { countries } })).toEqual(expected);
  });

  it('is matched with its region, where the list names one', () => {
    const inNewYork = { country: 'US', region: 'NY', click: { countries: newJersey } };
    expect(judgeEvent(event(inNewYork), DEFAULT_RULE_SET).reasons).toMatchObject([
      { code: 'country_not_allowed', detail: 'The campaign may not convert in US-NY.' },
    ]);
    expect(codes({ ...inNewYork, region: 'NJ' })).toEqual([]);
    expect(codes({ ...inNewYork, region: null })).toEqual([]);
  });

  it('asks for review, and for no more with other evidence: people travel', () => {
    const abroad = { country: 'US', click: { countries: deny } };
    expect(judgeEvent(event(abroad), ALL_ACTIVE)).toMatchObject({ outcome: 'review', score: 40 });
    const andFast = event({ ...abroad, occurredAtMs: CLICKED_AT_MS + 1 });
    expect(judgeEvent(andFast, ALL_ACTIVE)).toMatchObject({ outcome: 'review', score: 80 });
  });
});
