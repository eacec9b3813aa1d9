import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Page } from '../../db/page';
import type { PartnerBalance } from '../../db/read-models/partner-balance';
import type { PayoutLineView, PayoutView } from '../../db/read-models/payouts';
import { LINE_KINDS } from '../../domain/commission/line';
import { REPORTED_KINDS } from '../../domain/facts';
import { currencyField, instantField, nameField, pathId, shownId, shownInstant, shownMoney } from './fields';
import { registerOperation } from './operation';
import { pageAnswer, pageOfSchema, pageQuery } from './page';

export const createPayoutBody = z
  .strictObject({
    currency: currencyField(),
    reference: nameField().meta({
      description: 'The payment’s own name, unique per partner; the same one again gets the first answer.',
    }),
    upTo: instantField()
      .nullish()
      .meta({ description: 'Pays only what occurred before this time.', type: ['string', 'null'] }),
    note: nameField().nullish(),
    dryRun: z.boolean().default(false).meta({ description: 'Answers what would be paid, and pays nothing.' }),
  })
  .meta({ id: 'NewPayout' });

const payoutShape = {
  payoutId: shownId('pay'),
  partnerId: shownId('ptn'),
  amount: shownMoney,
  reference: z.string(),
  upTo: shownInstant().nullable(),
  note: z.string().nullable(),
  paidBy: z.string(),
  paidAt: shownInstant(),
  lineCount: z.int(),
};

export const payoutSchema = z.object(payoutShape).meta({ id: 'Payout' });

const payoutLineSchema = z
  .object({
    lineId: shownId('lin'),
    conversionId: shownId('cnv'),
    event: z.enum(REPORTED_KINDS),
    transactionId: z.string(),
    occurredAt: shownInstant(),
    kind: z.enum(LINE_KINDS),
    amount: z.string().meta({ description: 'Negative where more was paid before than is deserved now.' }),
    revision: z.int(),
  })
  .meta({ id: 'PayoutLine' });

/** Without id and time while it is only a proposal. */
export const itemisedPayoutSchema = z
  .object({
    ...payoutShape,
    payoutId: shownId('pay').nullable(),
    paidAt: shownInstant().nullable(),
    lines: z.array(payoutLineSchema),
    nextCursor: z.string().nullable().meta({ description: 'Of the next lines: GET /v1/payouts/{payoutId}.' }),
  })
  .meta({ id: 'ItemisedPayout' });

export const balanceSchema = z
  .object({
    currencies: z
      .array(z.object({ currency: z.string(), held: z.string(), payable: z.string(), paid: z.string() }))
      .readonly(),
  })
  .meta({ id: 'PartnerBalance', description: '`payable` is negative when more was paid than is deserved.' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function payoutJson(payout: PayoutView): z.input<typeof payoutSchema> {
  return payout;
}

export function itemisedPayoutJson(
  payout: Omit<PayoutView, 'payoutId' | 'paidAt'> & {
    readonly payoutId: string | null;
    readonly paidAt: string | null;
  },
  lines: Page<PayoutLineView>,
): z.input<typeof itemisedPayoutSchema> {
  const { data, nextCursor } = pageAnswer('lin', lines, (line) => line);
  return { ...payout, lines: data, nextCursor };
}

export function balanceJson(currencies: readonly PartnerBalance[]): z.input<typeof balanceSchema> {
  return { currencies };
}

export function registerPayoutPaths(registry: OpenAPIRegistry): void {
  const ofPartner = { tag: 'Payouts', params: pathId('partnerId', 'ptn') };
  registerOperation(registry, {
    ...ofPartner,
    method: 'post',
    path: '/v1/partners/{partnerId}/payouts',
    operationId: 'createPayout',
    summary: 'Record a payment of everything that is due to a partner; 200 for a dry run',
    scope: 'payouts:write',
    body: createPayoutBody,
    idempotent: true,
    status: 201,
    orNothingNew: true,
    answer: itemisedPayoutSchema,
    problems: ['already_exists', 'nothing_payable'],
  });
  registerOperation(registry, {
    ...ofPartner,
    method: 'get',
    path: '/v1/partners/{partnerId}/payouts',
    operationId: 'listPayouts',
    summary: 'List the payouts to a partner, oldest first',
    scope: 'read',
    query: pageQuery('pay'),
    status: 200,
    answer: pageOfSchema(payoutSchema),
  });
  registerOperation(registry, {
    ...ofPartner,
    method: 'get',
    path: '/v1/partners/{partnerId}/balance',
    operationId: 'getPartnerBalance',
    summary: 'Get what a partner has on hold, may be paid and was paid, per currency',
    scope: 'read',
    status: 200,
    answer: balanceSchema,
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/payouts/{payoutId}',
    operationId: 'getPayout',
    summary: 'Get a payout with its lines',
    tag: 'Payouts',
    scope: 'read',
    params: pathId('payoutId', 'pay'),
    query: pageQuery('lin'),
    status: 200,
    answer: itemisedPayoutSchema,
  });
}
