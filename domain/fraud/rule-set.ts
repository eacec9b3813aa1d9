import { CLICK_RULES } from './click-rules';
import type { CustomRule } from './custom-rule-terms';
import { EVENT_RULES } from './event-rules';
import { type RuleDescription, type RuleSet, type RuleSetting, settingOf } from './rule';
import type { RuleMode } from './rule-terms';

/** Every rule there is. Adding one here is all it takes: in every workspace it begins with its defaults. */
export const RULES: readonly RuleDescription[] = [...CLICK_RULES, ...EVENT_RULES];

/** What to change of some rules; what is not named stays. */
export type RuleSetChange = Readonly<
  Record<
    string,
    {
      readonly mode?: RuleMode | undefined;
      readonly score?: number | undefined;
      readonly params?: Readonly<Record<string, number>> | undefined;
    }
  >
>;

/** Where a change leaves the bounds of a rule: the path within the change, and what is wrong there. */
export type RuleProblem = { readonly path: string; readonly message: string };

/** What is wrong with a change; modes and scores are a matter of its schema. */
export function ruleProblems(change: RuleSetChange): readonly RuleProblem[] {
  return Object.entries(change).flatMap(([code, { params = {} }]): RuleProblem[] => {
    const rule = RULES.find((known) => known.code === code);
    if (rule === undefined) return [{ path: code, message: 'is not a known rule' }];
    return Object.entries(params).flatMap(([name, value]) => {
      const message = parameterProblem(rule, name, value);
      return message === null ? [] : [{ path: `${code}.params.${name}`, message }];
    });
  });
}

/**
 * The next version. It names every rule, so that a later release's defaults change nothing that was in force. Rules of
 * the workspace's own are replaced as a whole, or stay.
 */
export function changeRuleSet(
  current: RuleSet,
  change: RuleSetChange,
  custom: readonly CustomRule[] = current.custom,
): RuleSet {
  const rules = RULES.map((rule): readonly [string, RuleSetting] => {
    const setting = settingOf(rule, current);
    const changed = change[rule.code];
    return [
      rule.code,
      {
        mode: changed?.mode ?? setting.mode,
        score: changed?.score ?? setting.score,
        params: { ...setting.params, ...changed?.params },
      },
    ];
  });
  return { version: current.version + 1, rules: Object.fromEntries(rules), custom };
}

function parameterProblem(rule: RuleDescription, name: string, value: number): string | null {
  const parameter = Object.hasOwn(rule.params, name) ? rule.params[name] : undefined;
  if (parameter === undefined) return 'is not a parameter of this rule';
  const fits = Number.isInteger(value) && value >= parameter.min && value <= parameter.max;
  return fits ? null : `must be a whole number from ${parameter.min} to ${parameter.max}`;
}
