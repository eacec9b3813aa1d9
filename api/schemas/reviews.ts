import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { RulingView } from '../../db/read-models/conversion-rulings';
import type { WaitingReview } from '../../db/read-models/waiting-reviews';
import type { ReviewPolicy } from '../../db/stores/review-store';
import { DECISIONS, TRUSTS } from '../../domain/facts';
import { idField, pathId, shownId, shownInstant, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { pageOfSchema, pageQuery, pageShape } from './page';
import { verdictSchema } from './verdict-and-timeline';

const MAX_REVISION = 2_147_483_647;
const MAX_REASON_LENGTH = 500;
/** As the table has it: a year. */
const MAX_HOURS = 8_760;

export const reviewListQuery = z.strictObject({
  ...pageShape('cnv'),
  partnerId: idField('ptn').optional(),
  campaignId: idField('cmp').optional(),
  overdue: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ type: 'boolean', description: 'Whether it waits longer than until the reminder.' }),
});

export const rulingListQuery = pageQuery('evt');

export const decisionBody = z
  .strictObject({
    decision: z.enum(DECISIONS),
    reason: z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(MAX_REASON_LENGTH, `must not be longer than ${MAX_REASON_LENGTH} characters`)
      .refine((reason) => !/[^\P{C}\n]/u.test(reason), 'must not hold control or invisible characters')
      .meta({ description: 'Why, for whoever asks later.' }),
    revision: z.int().min(1).max(MAX_REVISION).meta({
      description: 'The revision that was looked at. When it has changed since, the decision is refused.',
    }),
  })
  .meta({ id: 'ReviewDecision' });

const hours = () => z.int().min(1).max(MAX_HOURS);

export const reviewPolicySchema = z
  .strictObject({
    reminderHours: hours().meta({ description: 'After how long a review is marked as overdue.' }),
    timeout: orNull(z.strictObject({ hours: hours(), decision: z.enum(DECISIONS) })).meta({
      description: 'What is decided when nobody has; null: a review waits for ever.',
    }),
  })
  .meta({ id: 'ReviewPolicy' });

const reviewSchema = z
  .object({
    conversionId: shownId('cnv'),
    revision: z.int().meta({ description: 'What the decision has to name.' }),
    event: z.enum(['install', 'lead', 'registration', 'sale', 'deposit']),
    trust: z.enum(TRUSTS).meta({ description: 'How far the one is known who reported it.' }),
    transactionId: z.string(),
    occurredAt: shownInstant(),
    value: orNull(shownMoney),
    playerId: z.string().nullable().meta({ description: 'The sender’s own id of the player.' }),
    player: shownId('ply').nullable(),
    clickId: shownId('clk').nullable(),
    campaignId: shownId('cmp').nullable(),
    partnerIds: z.array(shownId('ptn')).readonly(),
    verdict: orNull(verdictSchema),
    since: shownInstant(),
    reminderAt: shownInstant(),
    remindedAt: shownInstant().nullable(),
    overdue: z.boolean(),
    timeout: orNull(z.object({ at: shownInstant(), decision: z.enum(DECISIONS) })),
  })
  .meta({
    id: 'Review',
    description: 'A conversion that waits for a person. Nothing of it is paid or reported.',
  });

const acceptedSchema = z
  .object({
    rulingId: shownId('evt'),
    conversionId: shownId('cnv'),
    decision: z.enum(DECISIONS),
    revision: z.int().meta({ description: 'The conversion’s new revision.' }),
    settled: z.literal(false).meta({
      description:
        'The decision is stored. Status, books and postbacks follow within moments; read the conversion.',
    }),
  })
  .meta({ id: 'AcceptedDecision' });

export const rulingSchema = z
  .object({
    rulingId: shownId('evt'),
    decision: z.enum(DECISIONS),
    reason: z.string(),
    actor: z.string().meta({ description: '`key:key_…`, or `review-policy` for a time-out.' }),
    revision: z.int().meta({ description: 'The revision that was ruled on.' }),
    ruledAt: shownInstant(),
    settledAt: shownInstant().nullable(),
  })
  .meta({ id: 'Ruling' });

/** The read models speak the API's language already; these keep the two from drifting apart. */
export function reviewJson(review: WaitingReview): z.input<typeof reviewSchema> {
  return review;
}
export function rulingJson(ruling: RulingView): z.input<typeof rulingSchema> {
  return ruling;
}
export function reviewPolicyJson(policy: ReviewPolicy): z.input<typeof reviewPolicySchema> {
  return policy;
}
export function acceptedJson(accepted: z.input<typeof acceptedSchema>): z.input<typeof acceptedSchema> {
  return accepted;
}

export function registerReviewPaths(registry: OpenAPIRegistry): void {
  const tag = 'Reviews';
  const ofConversion = pathId('conversionId', 'cnv');
  registerOperation(registry, {
    ...{ tag, method: 'get', path: '/v1/reviews', operationId: 'listReviews', scope: 'read' },
    summary: 'List what waits for a person, oldest first',
    query: reviewListQuery,
    status: 200,
    answer: pageOfSchema(reviewSchema),
  });
  registerOperation(registry, {
    ...{ tag, method: 'post', path: '/v1/conversions/{conversionId}/decision', scope: 'reviews:write' },
    operationId: 'decideConversion',
    summary: 'Approve or reject a conversion, or take such a decision back',
    params: ofConversion,
    body: decisionBody,
    idempotent: true,
    status: 202,
    answer: acceptedSchema,
    problems: ['stale_revision', 'not_reviewable'],
  });
  registerOperation(registry, {
    ...{ tag, method: 'get', path: '/v1/conversions/{conversionId}/rulings', scope: 'read' },
    operationId: 'listRulings',
    summary: 'List who ruled what on a conversion, and why; the last one is the last word',
    params: ofConversion,
    query: rulingListQuery,
    status: 200,
    answer: pageOfSchema(rulingSchema),
  });
  const policy = { tag, path: '/v1/review-policy', status: 200, answer: reviewPolicySchema } as const;
  registerOperation(registry, {
    ...{ ...policy, method: 'get', operationId: 'getReviewPolicy', scope: 'read' },
    summary: 'Get how long a review may wait, and what is decided then',
  });
  registerOperation(registry, {
    ...{ ...policy, method: 'put', operationId: 'setReviewPolicy', scope: 'setup:write' },
    summary: 'Set how long a review may wait; holds for what already waits, too',
    body: reviewPolicySchema,
  });
}
