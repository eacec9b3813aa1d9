import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { StoredRuleSet } from '../../db/stores/fraud-rule-store';
import { DEFAULT_RULE_SET, type RuleDescription, type RuleSet, settingOf } from '../../domain/fraud/rule';
import { RULES } from '../../domain/fraud/rule-set';
import { RULE_FAMILIES, RULE_LEVELS, RULE_MODES } from '../../domain/fraud/rule-terms';
import { customRuleField, customRuleSchema, MAX_CUSTOM_RULES } from './custom-rules';
import { instantJson, MAX_WHOLE_NUMBER, shownInstant } from './fields';
import { registerOperation } from './operation';

const mode = z.enum(RULE_MODES).meta({
  description: '`suspicious`: the reason is shown and decides nothing. Every new rule begins so.',
});
const score = z.int().min(0).max(100).meta({ description: 'What the reason adds to the score.' });

const changeSchema = z
  .strictObject({
    mode: mode.optional(),
    score: score.optional(),
    params: z.record(z.string().max(64), z.number()).optional(),
  })
  .meta({ id: 'FraudRuleChange' });

export const changeFraudRulesBody = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(MAX_WHOLE_NUMBER)
      .optional()
      .meta({ description: 'The version that is to be changed, as in `If-Match`; another one is refused.' }),
    rules: z
      .record(z.string().max(64), changeSchema)
      .refine((rules) => Object.keys(rules).length > 0, 'must name a rule')
      .optional()
      .meta({ description: 'By code. Rules and parameters that are not named stay as they are.' }),
    custom: z.array(customRuleField).max(MAX_CUSTOM_RULES).optional().meta({
      description:
        'The rules of the workspace’s own, all of them: the list replaces the one before. Without it, they stay.',
    }),
  })
  .refine(({ rules, custom }) => rules !== undefined || custom !== undefined, {
    path: ['rules'],
    message: 'must be there, or custom',
  })
  .meta({ id: 'FraudRulesChange' });

export const fraudRulesQuery = z.object({
  version: z.coerce.number().int().min(1).max(MAX_WHOLE_NUMBER).optional().meta({
    description: 'An earlier version, as verdicts name it; without it, the current one.',
  }),
});

const ruleSchema = z
  .object({
    subject: z.enum(['click', 'event']),
    family: z.enum(RULE_FAMILIES).meta({
      description: 'A block takes two reasons of block level from different families, or one proof.',
    }),
    level: z.enum(RULE_LEVELS),
    description: z.string(),
    mode,
    score,
    params: z.record(z.string(), z.int()),
    defaults: z.object({ mode: z.enum(RULE_MODES), score: z.int(), params: z.record(z.string(), z.int()) }),
    bounds: z.record(z.string(), z.object({ min: z.int(), max: z.int(), description: z.string() })),
  })
  .meta({ id: 'FraudRule' });

export const fraudRulesSchema = z
  .object({
    version: z.int().meta({ description: '1 is what a workspace is born with.' }),
    createdAt: shownInstant().nullable(),
    createdBy: z.string().nullable(),
    rules: z.record(z.string(), ruleSchema).meta({ description: 'Every rule there is, by code.' }),
    custom: z.array(customRuleSchema).readonly().meta({ description: 'The workspace’s own.' }),
  })
  .meta({ id: 'FraudRules' });

export function fraudRulesJson(ruleSet: StoredRuleSet): z.input<typeof fraudRulesSchema> {
  return {
    version: ruleSet.version,
    createdAt: ruleSet.createdAtMs === null ? null : instantJson(ruleSet.createdAtMs),
    createdBy: ruleSet.createdBy,
    rules: Object.fromEntries(RULES.map((rule) => [rule.code, ruleJson(rule, ruleSet)])),
    custom: ruleSet.custom,
  };
}

function ruleJson(rule: RuleDescription, ruleSet: RuleSet): z.input<typeof ruleSchema> {
  const { subject, family, level, description, params } = rule;
  const bounds = Object.entries(params).map(
    ([name, parameter]) =>
      [name, { min: parameter.min, max: parameter.max, description: parameter.description }] as const,
  );
  return {
    subject,
    family,
    level,
    description,
    ...settingOf(rule, ruleSet),
    defaults: settingOf(rule, DEFAULT_RULE_SET),
    bounds: Object.fromEntries(bounds),
  };
}

export function registerFraudRulePaths(registry: OpenAPIRegistry): void {
  const shared = { path: '/v1/fraud/rules', tag: 'Fraud', status: 200, answer: fraudRulesSchema } as const;
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'getFraudRules',
    summary: 'Get the fraud rules of the workspace, with what each may be set to',
    scope: 'read',
    query: fraudRulesQuery,
    problems: ['not_found'],
  });
  registerOperation(registry, {
    ...shared,
    method: 'put',
    operationId: 'changeFraudRules',
    summary: 'Change fraud rules; what happens from now on is judged by the new version',
    scope: 'setup:write',
    body: changeFraudRulesBody,
    problems: ['stale_revision'],
  });
}
