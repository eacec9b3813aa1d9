import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { BoundedList } from '../../db/read-models/bounded-list';
import type { CostKey, CostRevision } from '../../db/stores/cost-store';
import { dayField, shownDay } from './calendar';
import {
  idField,
  instantJson,
  moneyJson,
  nameField,
  nullableIdField,
  pathId,
  shownId,
  shownInstant,
  shownMoney,
  zeroOrMoreMoneyField,
} from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';

const MAX_NOTE_LENGTH = 1_000;

function label(description: string) {
  return nameField().nullish().meta({ description });
}

export const recordCostBody = z
  .strictObject({
    campaignId: idField('cmp'),
    day: dayField().optional().meta({ description: 'One day; or give `from` and `to`.', format: 'date' }),
    from: dayField().optional(),
    to: dayField().optional(),
    money: zeroOrMoreMoneyField(),
    partnerId: nullableIdField('ptn').optional(),
    source: label('As in `utm_source` of the clicks that were bought.'),
    creative: label('As in `utm_content`.'),
    keyword: label('As in `utm_term`.'),
    note: z
      .string()
      .max(MAX_NOTE_LENGTH)
      .refine((note) => !note.includes('\0'), 'must not hold NUL')
      .nullish(),
  })
  .superRefine(({ day, from, to }, context) => {
    const isDay = day !== undefined && from === undefined && to === undefined;
    const isPeriod = day === undefined && from !== undefined && to !== undefined;
    if (!isDay && !isPeriod)
      context.addIssue({ code: 'custom', path: ['day'], message: 'give day, or from and to' });
  })
  .meta({ id: 'NewCost' });

/** What the body is about: the key under which a later body restates it. */
export function costKeyOf(body: z.output<typeof recordCostBody>): CostKey {
  const { campaignId, day = '', from = day, to = day } = body;
  return {
    campaignId,
    fromDay: from,
    toDay: to,
    partnerId: body.partnerId ?? null,
    source: body.source ?? null,
    creative: body.creative ?? null,
    keyword: body.keyword ?? null,
  };
}

export const costListQuery = z.strictObject({
  ...pageShape('cst'),
  campaignId: idField('cmp').optional(),
  from: dayField().optional(),
  to: dayField().optional(),
});

const costSchema = z
  .object({
    costId: shownId('cst'),
    revision: z.int().meta({ description: 'Grows with each restatement; the highest stands.' }),
    campaignId: shownId('cmp'),
    from: shownDay(),
    to: shownDay(),
    money: shownMoney,
    partnerId: shownId('ptn').nullable(),
    source: z.string().nullable(),
    creative: z.string().nullable(),
    keyword: z.string().nullable(),
    note: z.string().nullable(),
    createdBy: z.string(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Cost' });

const costHistorySchema = z
  .object({
    revisions: z.array(costSchema),
    cut: z.boolean().meta({ description: 'Whether there are earlier revisions that are not told.' }),
  })
  .meta({ id: 'CostHistory' });

export function costJson(cost: CostRevision): z.input<typeof costSchema> {
  const { costId, revision, campaignId, partnerId, source, creative, keyword, note, createdBy } = cost;
  return {
    ...{ costId, revision, campaignId, partnerId, source, creative, keyword, note, createdBy },
    from: cost.fromDay,
    to: cost.toDay,
    money: moneyJson(cost.money),
    createdAt: instantJson(cost.createdAtMs),
  };
}

export function costHistoryJson({
  items,
  isCut,
}: BoundedList<CostRevision>): z.input<typeof costHistorySchema> {
  return { revisions: items.map(costJson), cut: isCut };
}

export function registerCostPaths(registry: OpenAPIRegistry): void {
  const shared = { path: '/v1/costs', tag: 'Value' } as const;
  registerOperation(registry, {
    ...shared,
    method: 'post',
    operationId: 'recordCost',
    summary: 'Record what was spent; the same campaign, days, partner and labels restate it (200)',
    scope: 'setup:write',
    body: recordCostBody,
    idempotent: true,
    status: 201,
    orNothingNew: true,
    answer: costSchema,
  });
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'listCosts',
    summary: 'List costs as they stand, those whose days meet `from` and `to`',
    scope: 'read',
    query: costListQuery,
    status: 200,
    answer: pageOfSchema(costSchema),
  });
  registerOperation(registry, {
    ...shared,
    path: '/v1/costs/{costId}',
    method: 'get',
    operationId: 'getCost',
    summary: 'Get a cost with its latest revisions, the one that stands first',
    scope: 'read',
    params: pathId('costId', 'cst'),
    status: 200,
    answer: costHistorySchema,
  });
}
