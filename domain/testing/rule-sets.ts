import { DEFAULT_RULE_SET, type RuleSet } from '../fraud/rule';
import { changeRuleSet, RULES, type RuleSetChange } from '../fraud/rule-set';

/** The defaults with some changes. */
export function rulesWith(change: RuleSetChange): RuleSet {
  return changeRuleSet(DEFAULT_RULE_SET, change);
}

/** Every rule at its full force: the harshest that an operator can be without touching a threshold. */
export const ALL_ACTIVE: RuleSet = rulesWith(
  Object.fromEntries(RULES.map(({ code }) => [code, { mode: 'active' as const }])),
);
