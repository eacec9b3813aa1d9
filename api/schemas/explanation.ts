import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { ConversionExplanation } from '../../db/read-models/explain-conversion';
import { FACT_ROLES } from '../../db/read-models/explain-facts';
import { POSTBACK_STATUSES } from '../../db/read-models/postback-deliveries';
import { LOSING_REASONS } from '../../domain/attribution/attribute';
import { CAP_PERIODS } from '../../domain/commission/deal';
import { LINE_KINDS, LINE_STAGES } from '../../domain/commission/line';
import { DEPOSIT_STATUSES, EVENT_KINDS, TRUSTS } from '../../domain/facts';
import { auditRecordSchema } from './audit';
import { conversionSchema } from './conversions';
import { pathId, shownId, shownInstant, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { rulingSchema } from './reviews';
import { verdictSchema } from './verdict-and-timeline';

export const explanationQuery = z.strictObject({
  format: z.enum(['json', 'text']).optional().meta({ description: 'Outranks the Accept header.' }),
});

const ruledVerdict = verdictSchema.extend({ rulesVersion: z.int() }).meta({ id: 'RuledVerdict' });

const factSchema = z
  .object({
    eventId: shownId('evt'),
    role: z.enum(FACT_ROLES).meta({ description: 'Why the event is told, the first that fits.' }),
    event: z.enum(EVENT_KINDS),
    senderEventId: z.string(),
    transactionId: z.string(),
    status: z.enum(DEPOSIT_STATUSES).nullable(),
    value: orNull(shownMoney),
    refersTo: z.string().nullable(),
    until: shownInstant().nullable(),
    clickId: shownId('clk').nullable(),
    occurredAt: shownInstant(),
    occurredAtSource: z.enum(['sender', 'receipt']),
    receivedAt: shownInstant(),
    trust: z.enum(TRUSTS),
    source: z.object({ name: z.string(), kind: z.string() }),
    verdict: ruledVerdict,
    clickVerdict: orNull(ruledVerdict).meta({ description: 'On the click that it names; taken over.' }),
  })
  .meta({ id: 'ExplainedFact' });

const contestSchema = z
  .object({
    protectedClickId: shownId('clk'),
    protectedPartnerId: shownId('ptn'),
    challengerClickId: shownId('clk'),
    challengerPartnerId: shownId('ptn'),
    gapMs: z.int().meta({ description: 'From the challenger to the binding event.' }),
    refused: z.boolean(),
    reason: z.enum(['overwritten_before_registration', 'click_just_before_event']),
  })
  .meta({ id: 'ExplainedContest' });

const bindingSchema = z
  .object({
    eventId: shownId('evt'),
    event: z.enum(EVENT_KINDS),
    senderEventId: z.string(),
    conversionId: shownId('cnv').nullable(),
    boundAt: shownInstant(),
    provisional: z.boolean(),
    reason: z.string(),
    clickId: shownId('clk').nullable(),
    partnerId: shownId('ptn').nullable(),
    revision: z.int(),
    contests: z.array(contestSchema).readonly(),
  })
  .meta({ id: 'ExplainedBinding' });

const dealSchema = z
  .object({ partnerId: shownId('ptn'), dealId: shownId('dea'), version: z.int(), terms: z.string() })
  .meta({ id: 'ExplainedDeal' });

const touchSchema = z
  .object({
    touchKind: z.enum(['click', 'view']),
    touchId: z.union([shownId('clk'), shownId('imp')]),
    partnerId: shownId('ptn').nullable(),
    campaignId: shownId('cmp').nullable(),
    at: shownInstant().nullable(),
    weight: z.number().min(0).max(1).nullable(),
    amount: orNull(shownMoney),
    losingReason: z.enum(LOSING_REASONS).nullable(),
  })
  .meta({ id: 'ExplainedTouch' });

const lineSchema = z
  .object({
    lineId: shownId('lin'),
    revision: z.int(),
    partnerId: shownId('ptn'),
    campaignId: shownId('cmp'),
    kind: z.enum(LINE_KINDS),
    amount: shownMoney,
    reason: z.string(),
    explanation: z.string().nullable(),
    deal: dealSchema,
    qualification: z
      .object({ minDeposit: orNull(shownMoney), until: shownInstant().nullable(), outcome: z.string() })
      .nullable(),
    stage: z.enum(LINE_STAGES),
    holdUntil: shownInstant().nullable(),
    slot: z
      .object({
        granted: z.boolean(),
        refusedBy: z.enum(CAP_PERIODS).nullable(),
        askedForAt: shownInstant(),
        decidedAt: shownInstant(),
      })
      .nullable()
      .meta({ description: 'Of a capped deal: whether it pays for the player.' }),
    payments: z
      .array(
        z.object({
          payoutId: shownId('pay'),
          amount: shownMoney,
          reference: z.string(),
          paidAt: shownInstant(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'ExplainedLine' });

const rateSchema = z
  .object({ from: z.string(), to: z.string(), rate: z.string(), source: z.string(), ratedAt: shownInstant() })
  .meta({ id: 'ExplainedRate' });

const journalSchema = z
  .object({
    journalId: shownId('jrn'),
    at: shownInstant(),
    reason: z.string(),
    lineId: shownId('lin'),
    revision: z.int(),
    partnerId: shownId('ptn'),
    cause: z.object({ eventId: shownId('evt'), event: z.enum(EVENT_KINDS), senderEventId: z.string() }),
    entries: z.array(z.object({ account: z.string(), amount: z.string(), currency: z.string() })).readonly(),
  })
  .meta({ id: 'ExplainedJournal' });

const deliverySchema = z
  .object({
    postbackId: shownId('pbk'),
    destination: z.object({ destinationId: shownId('dst'), name: z.string(), kind: z.string() }),
    event: z.string(),
    corrects: z.string().nullable(),
    withdrawal: z.boolean(),
    status: z.enum(POSTBACK_STATUSES),
    createdAt: shownInstant(),
    deliveredAt: shownInstant().nullable(),
    deadAt: shownInstant().nullable(),
    deadReason: z.string().nullable(),
    attemptCount: z.int(),
    attempts: z
      .array(
        z.object({
          at: shownInstant(),
          outcome: z.string().nullable(),
          status: z.int().nullable(),
          reason: z.string().nullable(),
        }),
      )
      .readonly()
      .meta({ description: 'The latest first, at most ten.' }),
  })
  .meta({ id: 'ExplainedDelivery' });

export const explanationSchema = z
  .object({
    conversion: conversionSchema,
    facts: z.array(factSchema).readonly(),
    rulings: z.array(rulingSchema).readonly(),
    binding: orNull(bindingSchema),
    deals: z.array(dealSchema).readonly(),
    touches: z.array(touchSchema).readonly(),
    commission: z.array(lineSchema).readonly(),
    rates: z.array(rateSchema).readonly(),
    ledger: z.array(journalSchema).readonly(),
    deliveries: z.array(deliverySchema).readonly(),
    audit: z.array(auditRecordSchema).readonly(),
    cut: z
      .array(z.string())
      .readonly()
      .meta({ description: 'The lists of which only the beginning is told.' }),
  })
  .meta({ id: 'ConversionExplanation' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function explanationJson(explanation: ConversionExplanation): z.input<typeof explanationSchema> {
  return explanation;
}

export function registerExplanationPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/conversions/{conversionId}/explain',
    operationId: 'explainConversion',
    summary:
      'Explain a conversion: what it rests on, what was decided by which rule, and what became of the money',
    tag: 'Conversions',
    scope: 'read',
    params: pathId('conversionId', 'cnv'),
    query: explanationQuery,
    status: 200,
    answer: explanationSchema,
    text: true,
  });
}
