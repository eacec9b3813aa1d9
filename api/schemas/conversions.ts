import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { CreditedConversion } from '../../db/read-models/credited-conversions';
import { EVENT_KINDS } from '../../domain/facts';
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

const creditSchema = z
  .object({
    touchKind: z.literal('click'),
    touchId: shownId('clk'),
    partnerId: shownId('ptn').nullable(),
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
    kind: z.literal('cpa'),
    reason: z.string(),
  })
  .meta({ id: 'CommissionLine', description: 'What is owed now; an amount of zero says why nothing is.' });

export const conversionSchema = z
  .object({
    conversionId: shownId('cnv'),
    revision: z.int(),
    clickId: shownId('clk').nullable(),
    playerId: z.string().nullable().meta({ description: 'The sender’s own id of the player.' }),
    player: shownId('ply').nullable(),
    brand: z.string(),
    event: z.enum(EVENT_KINDS).exclude(['withdrawal', 'ngr', 'chargeback', 'self_exclusion']),
    firstDeposit: z.boolean(),
    status: z.enum(CONVERSION_STATUSES),
    reason: z.string().nullable(),
    occurredAt: shownInstant(),
    campaignId: shownId('cmp').nullable(),
    transactionId: z.string(),
    value: orNull(shownMoney),
    attribution: z.object({ model: z.string(), credits: z.array(creditSchema).readonly() }),
    commission: z.array(commissionSchema).readonly(),
    verdict: orNull(verdictSchema),
    postbackIds: z.array(shownId('pbk')).readonly(),
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
