import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { BEGINNING_MS, type StoredDeal } from '../../db/stores/deal-store';
import {
  instantField,
  instantJson,
  moneyJson,
  pathId,
  positiveMoneyField,
  shownId,
  shownInstant,
  shownMoney,
} from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageQuery } from './page';

export const createDealBody = z
  .strictObject({
    kind: z.literal('cpa'),
    cpa: positiveMoneyField(),
    minDeposit: positiveMoneyField().nullish(),
    validFrom: instantField()
      .nullish()
      .meta({
        type: ['string', 'null'],
        format: 'date-time',
        description:
          'Not in the past. Left out: the first deal is valid from the beginning, a later one from now.',
      }),
  })
  .meta({ id: 'NewDeal' });

export const dealSchema = z
  .object({
    dealId: shownId('dea'),
    partnerId: shownId('ptn'),
    version: z.int(),
    kind: z.literal('cpa'),
    cpa: shownMoney,
    // A union, because nullable() of a named schema is described as an object that can never be null.
    minDeposit: z.union([shownMoney, z.null()]),
    validFrom: shownInstant().nullable(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Deal' });

/** `validFrom` is null for a deal that is valid from the beginning. */
export function dealJson(deal: StoredDeal): z.input<typeof dealSchema> {
  return {
    dealId: deal.dealId,
    partnerId: deal.partnerId,
    version: deal.version,
    kind: 'cpa',
    cpa: moneyJson(deal.cpa),
    minDeposit: deal.minDeposit === null ? null : moneyJson(deal.minDeposit),
    validFrom: deal.validFromMs === BEGINNING_MS ? null : instantJson(deal.validFromMs),
    createdAt: instantJson(deal.createdAtMs),
  };
}

export function registerDealPaths(registry: OpenAPIRegistry): void {
  const shared = {
    tag: 'Partners',
    path: '/v1/partners/{partnerId}/deals',
    params: pathId('partnerId', 'ptn'),
  };
  registerOperation(registry, {
    ...shared,
    method: 'post',
    operationId: 'createDeal',
    summary: 'Write the next version of a partner’s deal',
    scope: 'setup:write',
    body: createDealBody,
    idempotent: true,
    status: 201,
    answer: dealSchema,
  });
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'listDeals',
    summary: 'List the versions of a partner’s deal',
    scope: 'read',
    query: pageQuery('dea'),
    status: 200,
    answer: pageOfSchema(dealSchema),
  });
}
