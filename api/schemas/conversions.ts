import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { CreditedConversion } from '../../db/read-models/credited-conversions';
import { LOSING_REASONS } from '../../domain/attribution/attribute';
import { LINE_KINDS, LINE_STAGES } from '../../domain/commission/line';
import { REPORTED_KINDS, TRUSTS } from '../../domain/facts';
import { CONVERSION_STATUSES } from '../../domain/settlement/books';
import { idField, instantField, pathId, shownId, shownInstant, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { pageOfSchema, pageShape } from './page';
import { textFilter } from './text-filter';
import { verdictSchema } from './verdict-and-timeline';

export const conversionListQuery = z.strictObject({
  ...pageShape('cnv'),
  clickId: idField('clk').optional(),
  playerId: textFilter().optional().meta({ description: 'The casino’s own id, or `ply_…`.' }),
  campaignId: idField('cmp').optional(),
  status: z.enum(CONVERSION_STATUSES).optional(),
  from: instantField().optional(),
  to: instantField().optional(),
});

const touchShape = {
  touchKind: z.enum(['click', 'view']),
  touchId: z.union([shownId('clk'), shownId('imp')]),
  partnerId: shownId('ptn').nullable(),
};

const losingTouchSchema = z
  .object({ ...touchShape, reason: z.enum(LOSING_REASONS) })
  .meta({ id: 'LosingTouch', description: 'A touch that was looked at and not credited, and why.' });

const creditSchema = z
  .object({
    ...touchShape,
    weight: z.number().min(0).max(1),
    amount: z.string().nullable(),
  })
  .meta({ id: 'AttributionCredit' });

const commissionSchema = z
  .object({
    partnerId: shownId('ptn'),
    amount: z.string(),
    currency: z.string(),
    dealVersion: z.int(),
    kind: z.enum(LINE_KINDS),
    reason: z.string(),
    stage: z.enum(LINE_STAGES).meta({ description: '`qualified` while it is on hold.' }),
    holdUntil: shownInstant().nullable(),
    explanation: z.string().nullable(),
  })
  .meta({ id: 'CommissionLine', description: 'What is owed now; an amount of zero says why nothing is.' });

const trustSchema = z.enum(TRUSTS).meta({
  description:
    'How far the one is known who reported it. `public` may be made up by anybody: it earns nothing, counts in no report, and only destinations with `acceptsPublic` are told of it.',
});

export const conversionSchema = z
  .object({
    conversionId: shownId('cnv'),
    revision: z.int(),
    clickId: shownId('clk').nullable(),
    playerId: z.string().nullable().meta({ description: 'The sender’s own id of the player.' }),
    player: shownId('ply').nullable(),
    brand: z.string(),
    event: z.enum(REPORTED_KINDS).exclude(['withdrawal', 'ngr', 'chargeback', 'self_exclusion']),
    trust: trustSchema,
    firstDeposit: z.boolean(),
    status: z.enum(CONVERSION_STATUSES),
    reason: z.string().nullable(),
    occurredAt: shownInstant(),
    campaignId: shownId('cmp').nullable(),
    transactionId: z.string(),
    value: orNull(shownMoney),
    attribution: z.object({
      model: z.string(),
      basis: z.enum(['click', 'view', 'none']),
      credits: z.array(creditSchema).readonly(),
      losing: z.array(losingTouchSchema).readonly(),
    }),
    commission: z.array(commissionSchema).readonly(),
    verdict: orNull(verdictSchema),
    postbackIds: z.array(shownId('pbk')).readonly(),
    scenarios: z
      .array(z.string())
      .readonly()
      .meta({ description: 'Tags of the scenarios that cover its own time.' }),
  })
  .meta({ id: 'Conversion' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function conversionJson(conversion: CreditedConversion): z.input<typeof conversionSchema> {
  return conversion;
}

export function registerConversionPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/conversions',
    operationId: 'listConversions',
    summary: 'List conversions, latest first; `from` is inclusive, `to` is not',
    tag: 'Conversions',
    scope: 'read',
    query: conversionListQuery,
    status: 200,
    answer: pageOfSchema(conversionSchema),
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/conversions/{conversionId}',
    operationId: 'getConversion',
    summary: 'Get a conversion',
    tag: 'Conversions',
    scope: 'read',
    params: pathId('conversionId', 'cnv'),
    status: 200,
    answer: conversionSchema,
  });
}
