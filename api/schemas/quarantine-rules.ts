import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { QuarantineRule, RuleClickField, RuleEventField } from '../../db/stores/quarantine-rule-store';
import { SUB_NAMES } from '../../domain/postback/macros';
import { changeOf, instantJson, nameField, nullableIdField, shownId, shownInstant } from './fields';
import { registerResource } from './resource-operations';

const EVENT_FIELDS = {
  clickRef: 'click_ref',
  transactionId: 'transaction_id',
  playerId: 'player_id',
} as const;

const ATTRIBUTE = /^attributes\.([\w.-]{1,64})$/;
const AD_ID = /^adIds\.(\w{1,32})$/;
const SUBS: ReadonlySet<string> = new Set(SUB_NAMES);

const eventField = z
  .string()
  .max(100)
  .transform((text, context): RuleEventField => {
    if (Object.hasOwn(EVENT_FIELDS, text)) return { field: EVENT_FIELDS[text as keyof typeof EVENT_FIELDS] };
    const attribute = ATTRIBUTE.exec(text)?.[1];
    if (attribute !== undefined) return { field: 'attribute', attribute };
    context.addIssue({
      code: 'custom',
      message: 'must be clickRef, transactionId, playerId or attributes.<name>',
    });
    return z.NEVER;
  })
  .meta({
    type: 'string',
    description:
      '`clickRef`, `transactionId`, `playerId`, or `attributes.<name>`: a field of the report as it was sent.',
    example: 'attributes.sub1',
  });

const clickField = z
  .string()
  .max(100)
  .transform((text, context): RuleClickField => {
    if (text === 'externalId') return { field: 'external_id' };
    if (SUBS.has(text)) return { field: 'sub', key: text };
    const key = AD_ID.exec(text)?.[1];
    if (key !== undefined) return { field: 'ad_id', key };
    context.addIssue({ code: 'custom', message: 'must be externalId, sub1 to sub20, or adIds.<name>' });
    return z.NEVER;
  })
  .meta({
    type: 'string',
    description: '`externalId`, `sub1` to `sub20`, or an ad id: `adIds.gclid`.',
    example: 'externalId',
  });

export const createQuarantineRuleBody = z
  .strictObject({
    name: nameField(),
    sourceId: nullableIdField('src').optional().meta({
      description: 'Whose events it concerns. Default: those of every source.',
    }),
    event: eventField,
    click: clickField,
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'NewQuarantineRule' });

export const changeQuarantineRuleBody = changeOf({
  name: nameField().optional(),
  enabled: z
    .boolean()
    .optional()
    .meta({ description: 'Off, it releases nothing more and takes nothing back.' }),
}).meta({ id: 'QuarantineRuleChange' });

const quarantineRuleSchema = z
  .object({
    ruleId: shownId('qrl'),
    name: z.string(),
    sourceId: shownId('src').nullable(),
    event: z.string(),
    click: z.string(),
    enabled: z.boolean(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'QuarantineRule' });

export function quarantineRuleJson(rule: QuarantineRule): z.input<typeof quarantineRuleSchema> {
  return {
    ruleId: rule.ruleId,
    name: rule.name,
    sourceId: rule.sourceId,
    event: eventText(rule.event),
    click: clickText(rule.click),
    enabled: rule.isEnabled,
    createdAt: instantJson(rule.createdAtMs),
  };
}

function eventText(event: RuleEventField): string {
  switch (event.field) {
    case 'click_ref':
      return 'clickRef';
    case 'transaction_id':
      return 'transactionId';
    case 'player_id':
      return 'playerId';
    case 'attribute':
      return `attributes.${event.attribute}`;
  }
}

function clickText(click: RuleClickField): string {
  if (click.field === 'external_id') return 'externalId';
  return click.field === 'sub' ? click.key : `adIds.${click.key}`;
}

export function registerQuarantineRulePaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Quarantine',
    path: '/v1/quarantine/rules',
    one: 'rule',
    prefix: 'qrl',
    idName: 'ruleId',
    createBody: createQuarantineRuleBody,
    changeBody: changeQuarantineRuleBody,
    answer: quarantineRuleSchema,
  });
}
