import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { BEGINNING_MS, type StoredDeal } from '../../db/stores/deal-store';
import { WHOLE_PPM } from '../../domain/attribution/credits';
import {
  DEAL_KINDS,
  type DealTerms,
  MAX_HOLD_DAYS,
  MAX_QUALIFICATION_DAYS,
  NO_CAPS,
} from '../../domain/commission/deal';
import {
  instantField,
  instantJson,
  MAX_WHOLE_NUMBER,
  moneyJson,
  pathId,
  positiveMoneyField,
  shownId,
  shownInstant,
  shownMoney,
} from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageQuery } from './page';

const PPM_PER_PERCENT_TEXT = 4;

/** "25.5" is 255,000 parts per million. Text, because a number would already have been rounded. */
function percentField() {
  return z
    .string()
    .regex(/^\d{1,3}(\.\d{1,4})?$/, 'must be a decimal string such as "25.5", with at most four decimals')
    .transform((text) => {
      const [whole = '', fraction = ''] = text.split('.');
      return Number(`${whole}${fraction.padEnd(PPM_PER_PERCENT_TEXT, '0')}`);
    })
    .refine((ppm) => ppm > 0 && ppm <= WHOLE_PPM, 'must be above 0 and at most 100')
    .meta({ type: 'string', description: 'Percent of every confirmed deposit, in the deposit’s currency.' });
}

function percentJson(ratePpm: number): string {
  const digits = String(ratePpm).padStart(PPM_PER_PERCENT_TEXT + 1, '0');
  const fraction = digits.slice(-PPM_PER_PERCENT_TEXT).replace(/0+$/, '');
  const whole = digits.slice(0, -PPM_PER_PERCENT_TEXT);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

const capField = () => z.int().min(1).max(MAX_WHOLE_NUMBER).nullable().default(null);

const sharedTerms = {
  minDeposit: positiveMoneyField()
    .nullish()
    .meta({ description: 'What the first deposit must amount to for the CPA.' }),
  qualificationDays: z.int().min(1).max(MAX_QUALIFICATION_DAYS).nullable().default(null).meta({
    description: 'Days after the registration in which a first deposit earns the CPA; null: for ever.',
  }),
  holdDays: z
    .int()
    .min(0)
    .max(MAX_HOLD_DAYS)
    .default(0)
    .meta({ description: 'Days after its event in which a commission is `qualified` and not yet payable.' }),
  caps: z
    .strictObject({ day: capField(), month: capField(), total: capField() })
    .default(NO_CAPS)
    .meta({ description: 'For how many players the deal pays, by UTC day, by UTC month, and ever.' }),
  validFrom: instantField()
    .nullish()
    .meta({
      type: ['string', 'null'],
      format: 'date-time',
      description:
        'Not in the past. Left out: the first deal is valid from the beginning, a later one from now.',
    }),
};

export const createDealBody = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cpa'), cpa: positiveMoneyField(), ...sharedTerms }),
    z.strictObject({ kind: z.literal('percent'), percent: percentField(), ...sharedTerms }),
    z.strictObject({
      kind: z.literal('hybrid'),
      cpa: positiveMoneyField(),
      percent: percentField(),
      ...sharedTerms,
    }),
    z.strictObject({ kind: z.literal('cpl'), cpl: positiveMoneyField(), ...sharedTerms }),
  ])
  .meta({ id: 'NewDeal' });

export type NewDeal = z.output<typeof createDealBody>;

/** What a new deal pays for. */
export function termsOf(deal: NewDeal): DealTerms {
  switch (deal.kind) {
    case 'cpa':
      return { kind: deal.kind, cpa: deal.cpa };
    case 'percent':
      return { kind: deal.kind, ratePpm: deal.percent };
    case 'hybrid':
      return { kind: deal.kind, cpa: deal.cpa, ratePpm: deal.percent };
    case 'cpl':
      return { kind: deal.kind, cpl: deal.cpl };
  }
}

// Unions, because nullable() of a named schema is described as an object that can never be null.
const moneyOrNull = z.union([shownMoney, z.null()]);

export const dealSchema = z
  .object({
    dealId: shownId('dea'),
    partnerId: shownId('ptn'),
    version: z.int(),
    kind: z.enum(DEAL_KINDS),
    cpa: moneyOrNull,
    percent: z.string().nullable(),
    cpl: moneyOrNull,
    minDeposit: moneyOrNull,
    qualificationDays: z.int().nullable(),
    holdDays: z.int(),
    caps: z.object({ day: z.int().nullable(), month: z.int().nullable(), total: z.int().nullable() }),
    validFrom: shownInstant().nullable(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Deal' });

/** `validFrom` is null for a deal that is valid from the beginning. */
export function dealJson(deal: StoredDeal): z.input<typeof dealSchema> {
  const { terms } = deal;
  return {
    dealId: deal.dealId,
    partnerId: deal.partnerId,
    version: deal.version,
    kind: terms.kind,
    cpa: 'cpa' in terms ? moneyJson(terms.cpa) : null,
    percent: 'ratePpm' in terms ? percentJson(terms.ratePpm) : null,
    cpl: 'cpl' in terms ? moneyJson(terms.cpl) : null,
    minDeposit: deal.minDeposit === null ? null : moneyJson(deal.minDeposit),
    qualificationDays: deal.qualificationDays,
    holdDays: deal.holdDays,
    caps: deal.caps,
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
