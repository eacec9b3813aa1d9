/** Kinds of evidence. Two reasons of one family are one piece of evidence seen twice. */
export const RULE_FAMILIES = [
  'identity',
  'velocity',
  'timing',
  'geo',
  'duplicate',
  'device',
  'network',
  'account',
  'measurement',
  'custom',
] as const;
export type RuleFamily = (typeof RULE_FAMILIES)[number];

/**
 * What a rule may do: nothing; be seen without deciding anything, as every new rule begins; or decide. The step from
 * suspicious to active is an operator's, who has seen on real traffic whom the rule would have met.
 */
export const RULE_MODES = ['off', 'suspicious', 'active'] as const;
export type RuleMode = (typeof RULE_MODES)[number];

/** What a reason argues for, mildest first. Proof is what no honest device can produce. */
export const RULE_LEVELS = ['note', 'review', 'block', 'proof'] as const;
export type RuleLevel = (typeof RULE_LEVELS)[number];
