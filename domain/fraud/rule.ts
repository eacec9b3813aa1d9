import type { CustomRule } from './custom-rule-terms';
import type { RuleFamily, RuleLevel, RuleMode } from './rule-terms';
import type { Reason } from './verdict';

/** A whole number that an operator may change within its bounds. */
export type RuleParameter = {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly description: string;
};

/** What a rule is, apart from its test: all that an operator has to know of it. */
export type RuleDescription = {
  readonly code: string;
  readonly subject: 'click' | 'event';
  readonly family: RuleFamily;
  readonly level: RuleLevel;
  readonly description: string;
  readonly defaultMode: RuleMode;
  readonly defaultScore: number;
  readonly params: Readonly<Record<string, RuleParameter>>;
};

/** What a rule has seen; `level` when this one is weaker evidence than the rule's own level says. */
export type Sighting = { readonly detail: string; readonly level?: RuleLevel };

export type Rule<Evidence> = RuleDescription & {
  /** Null when there is nothing to see, also for want of evidence. */
  readonly find: (evidence: Evidence, params: Readonly<Record<string, number>>) => Sighting | null;
};

/** How a workspace has set one rule. */
export type RuleSetting = {
  readonly mode: RuleMode;
  readonly score: number;
  readonly params: Readonly<Record<string, number>>;
};

/** One version of a workspace's settings. A rule that it does not name, because it is newer, has its defaults. */
export type RuleSet = {
  readonly version: number;
  readonly rules: Readonly<Record<string, RuleSetting>>;
  /** The workspace's own, beside those that everybody has. */
  readonly custom: readonly CustomRule[];
};

/** What a workspace is born with. */
export const DEFAULT_RULE_SET: RuleSet = { version: 1, rules: {}, custom: [] };

/** The setting of a rule in a set, every parameter present. */
export function settingOf(rule: RuleDescription, { rules }: Pick<RuleSet, 'rules'>): RuleSetting {
  const set = rules[rule.code];
  const params = Object.entries(rule.params).map(
    ([name, parameter]) => [name, set?.params[name] ?? parameter.default] as const,
  );
  return {
    mode: set?.mode ?? rule.defaultMode,
    score: set?.score ?? rule.defaultScore,
    params: Object.fromEntries(params),
  };
}

/** The reasons that the rules of a set give, in the order of the rules. */
export function applyRules<Evidence>(
  rules: readonly Rule<Evidence>[],
  evidence: Evidence,
  ruleSet: RuleSet,
): readonly Reason[] {
  return rules.flatMap((rule) => {
    const { mode, score, params } = settingOf(rule, ruleSet);
    const sighting = mode === 'off' ? null : rule.find(evidence, params);
    if (mode === 'off' || sighting === null) return [];
    const { code, family } = rule;
    return [{ code, detail: sighting.detail, family, level: sighting.level ?? rule.level, mode, score }];
  });
}

/** Ties the names of a rule's parameters to those that its test reads. */
export function defineRule<Evidence, Name extends string = never>(
  rule: Omit<Rule<Evidence>, 'params' | 'find'> & {
    readonly params: Readonly<Record<Name, RuleParameter>>;
    readonly find: (evidence: Evidence, params: Readonly<Record<Name, number>>) => Sighting | null;
  },
): Rule<Evidence> {
  return rule;
}
