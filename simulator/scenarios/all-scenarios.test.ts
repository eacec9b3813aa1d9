import { RULES } from '../../domain/fraud/rule-set';
import { SCENARIOS } from './all-scenarios';

describe('the scenarios', () => {
  const names = SCENARIOS.map(({ name }) => name);

  it('have names that can be typed, and are told apart by them', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name) || name === 'all')).toEqual([]);
    // A slug holds it with the run's id, and is at most 64 characters long.
    expect(names.filter((name) => name.length > 40)).toEqual([]);
  });

  it.each(RULES.map(({ code }) => [code]))('state the verdict of the fraud rule %s', (code) => {
    const stated = SCENARIOS.filter(
      ({ rules, expected }) =>
        rules?.[code]?.mode === 'active' && expected.verdicts?.some((verdict) => verdict.endsWith(code)),
    );
    expect(stated.map(({ topic }) => topic)).toContain('fraud');
  });

  it('of disorder say what became of the money', () => {
    const silent = SCENARIOS.filter(({ topic, expected }) => topic === 'disorder' && !expected.balance);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('each say in one sentence what they show', () => {
    expect(SCENARIOS.filter(({ shows }) => !/^[A-Z].*\.$/.test(shows)).map(({ name }) => name)).toEqual([]);
  });
});
