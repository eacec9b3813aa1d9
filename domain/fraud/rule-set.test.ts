import type { CustomRule } from './custom-rule-terms';
import { DEFAULT_RULE_SET, settingOf } from './rule';
import { changeRuleSet, RULES, ruleProblems } from './rule-set';

/** Rules that the first release decided by; every later one begins as suspicious. */
const FIRST = ['empty_user_agent', 'bot_user_agent', 'repeat_click'];

describe('the rules', () => {
  it('have codes of their own', () => {
    expect(new Set(RULES.map(({ code }) => code)).size).toBe(RULES.length);
  });

  it.each(RULES.map((rule) => [rule.code, rule] as const))('%s is well described', (code, rule) => {
    expect(code).toMatch(/^[a-z][a-z_]+$/);
    expect(rule.description).toMatch(/^[A-Z].*\.$/);
    expect(rule.defaultScore).toBeGreaterThanOrEqual(0);
    expect(rule.defaultScore).toBeLessThanOrEqual(100);
    for (const { min, max, default: fallback, description } of Object.values(rule.params)) {
      expect(fallback).toBeGreaterThanOrEqual(min);
      expect(fallback).toBeLessThanOrEqual(max);
      expect(description).toMatch(/\.$/);
    }
  });

  it('begin as suspicious when they are new', () => {
    const active = RULES.filter(({ defaultMode }) => defaultMode === 'active').map(({ code }) => code);
    expect(active).toEqual(FIRST);
  });
});

describe('changeRuleSet', () => {
  it('keeps what is not named, and writes every rule down', () => {
    const second = changeRuleSet(DEFAULT_RULE_SET, { fast_deposit: { mode: 'active' } });
    const third = changeRuleSet(second, { fast_deposit: { params: { underMs: 9_000 } } });
    expect(second.version).toBe(2);
    expect(third).toMatchObject({
      version: 3,
      rules: { fast_deposit: { mode: 'active', score: 40, params: { underMs: 9_000 } } },
    });
    expect(Object.keys(third.rules).sort()).toEqual(RULES.map(({ code }) => code).sort());
  });

  it('replaces the rules of the workspace’s own as a whole, or keeps them', () => {
    const custom: CustomRule[] = [
      { code: 'big', mode: 'active', level: 'review', score: 30, reason: 'Big.', when: { kinds: ['sale'] } },
    ];
    const second = changeRuleSet(DEFAULT_RULE_SET, {}, custom);
    expect(second.custom).toBe(custom);
    expect(changeRuleSet(second, { fast_deposit: { mode: 'off' } }).custom).toBe(custom);
    expect(changeRuleSet(second, {}, []).custom).toEqual([]);
  });

  it('leaves a rule that a stored version does not know at its defaults', () => {
    const old = { version: 7, rules: {}, custom: [] };
    const rule = RULES.find(({ code }) => code === 'fast_install');
    expect(rule && settingOf(rule, old)).toEqual({
      mode: 'suspicious',
      score: 40,
      params: { underMs: 5_000 },
    });
  });
});

describe('ruleProblems', () => {
  it.each([
    ['the lowest value', { fast_deposit: { params: { underMs: 100 } } }, []],
    ['the highest value', { fast_deposit: { params: { underMs: 600_000 } } }, []],
    ['too little', { fast_deposit: { params: { underMs: 99 } } }, ['fast_deposit.params.underMs']],
    ['too much', { fast_deposit: { params: { underMs: 600_001 } } }, ['fast_deposit.params.underMs']],
    ['a fraction', { clicks_per_ip: { params: { maxClicks: 1.5 } } }, ['clicks_per_ip.params.maxClicks']],
    ['another parameter', { clicks_per_ip: { params: { toString: 1 } } }, ['clicks_per_ip.params.toString']],
    ['another rule', { unheard_of: { mode: 'off' as const } }, ['unheard_of']],
  ])('%s', (_name, change, paths) => {
    expect(ruleProblems(change).map(({ path }) => path)).toEqual(paths);
  });
});
