import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { BoundedList } from '../../db/read-models/bounded-list';
import type { DeadLetterGroup } from '../../db/read-models/dead-letter-summary';
import { POSTBACK_STATUSES, type PostbackDelivery } from '../../db/read-models/postback-deliveries';
import { ATTEMPT_OUTCOMES } from '../../db/stores/delivery-store';
import { TRUSTS } from '../../domain/facts';
import { idField, instantField, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';

const REASON_MAX = 100;
const REPLAY_MAX = 1_000;

/** Of dead letters only: why and when a postback became one. */
const deadLetterFields = {
  reason: z.string().min(1).max(REASON_MAX).optional().meta({ example: 'destination_disabled' }),
  from: instantField().optional().meta({ description: 'Became a dead letter then or later.' }),
  to: instantField().optional().meta({ description: 'Became a dead letter before.' }),
};

export const postbackListQuery = z.strictObject({
  ...pageShape('pbk'),
  ...deadLetterFields,
  status: z.enum(POSTBACK_STATUSES).optional(),
  clickId: idField('clk').optional(),
  destinationId: idField('dst').optional(),
  conversionId: idField('cnv').optional(),
});

const attemptSchema = z
  .object({
    at: shownInstant(),
    status: z.int().nullable().meta({ description: 'The HTTP status; null without an answer.' }),
    latencyMs: z.int().nullable(),
    outcome: z.enum(ATTEMPT_OUTCOMES).nullable().meta({ description: 'Null while under way.' }),
    reason: z.string().nullable(),
    excerpt: z.string().nullable().meta({ description: 'The beginning of the answer.' }),
  })
  .meta({ id: 'PostbackAttempt' });

export const postbackSchema = z
  .object({
    postbackId: shownId('pbk'),
    destinationId: shownId('dst'),
    clickId: shownId('clk').nullable(),
    conversionId: shownId('cnv').nullable(),
    event: z.string(),
    trust: z
      .enum(TRUSTS)
      .nullable()
      .meta({ description: 'How far the one is known who reported the conversion; null of a test.' }),
    status: z.enum(POSTBACK_STATUSES),
    key: z.string().meta({ description: 'The same on every attempt and replay: drop what you have seen.' }),
    test: z.boolean(),
    createdAt: shownInstant(),
    heldSince: shownInstant()
      .nullable()
      .meta({ description: 'Since when it is kept, because its destination is paused.' }),
    deliveredAt: shownInstant().nullable(),
    deadAt: shownInstant().nullable(),
    deadReason: z.string().nullable(),
    request: z.object({ method: z.string(), url: z.string(), body: z.string().nullable() }),
    attempts: z.array(attemptSchema).readonly(),
  })
  .meta({ id: 'Postback' });

export const postbackReplaySchema = z
  .object({ postbackId: shownId('pbk'), run: z.int() })
  .meta({ id: 'PostbackReplay' });

export const deadLettersSchema = z
  .object({
    data: z
      .array(
        z.object({
          destinationId: shownId('dst'),
          reason: z.string(),
          count: z.int(),
          oldest: shownInstant(),
          newest: shownInstant(),
        }),
      )
      .readonly(),
    cut: z.boolean().meta({ description: 'Whether there are smaller groups that are not listed.' }),
  })
  .meta({ id: 'DeadLetters' });

export const replayOfManyBody = z
  .strictObject({
    destinationId: idField('dst').optional(),
    ...deadLetterFields,
    limit: z
      .int()
      .min(1)
      .max(REPLAY_MAX)
      .default(REPLAY_MAX)
      .meta({ description: 'At most so many, oldest first.' }),
  })
  .meta({ id: 'ReplayOfMany' });

export const replayOfManySchema = z
  .object({
    queued: z.int().meta({ description: 'Put back to work by this request.' }),
    skipped: z.int().meta({ description: 'Of self-excluded players or to disabled destinations.' }),
    remaining: z.int().meta({ description: 'Match, too, and are beyond the limit: ask again.' }),
  })
  .meta({ id: 'ReplayedMany' });

export function deadLettersJson({
  items,
  isCut,
}: BoundedList<DeadLetterGroup>): z.input<typeof deadLettersSchema> {
  return { data: items, cut: isCut };
}

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function postbackJson(postback: PostbackDelivery): z.input<typeof postbackSchema> {
  return postback;
}

export function registerPostbackPaths(registry: OpenAPIRegistry): void {
  const params = pathId('postbackId', 'pbk');
  registerOperation(registry, {
    method: 'get',
    path: '/v1/postbacks',
    operationId: 'listPostbacks',
    summary: 'List postbacks with their attempts, latest first',
    tag: 'Postbacks',
    scope: 'read',
    query: postbackListQuery,
    status: 200,
    answer: pageOfSchema(postbackSchema),
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/postbacks/dead-letters',
    operationId: 'sumUpDeadLetters',
    summary: 'Count the dead letters by destination and reason',
    tag: 'Postbacks',
    scope: 'read',
    status: 200,
    answer: deadLettersSchema,
  });
  registerOperation(registry, {
    method: 'post',
    path: '/v1/postbacks/replay',
    operationId: 'replayPostbacks',
    summary: 'Send matching dead letters again, with the same keys and bodies',
    tag: 'Postbacks',
    scope: 'setup:write',
    body: replayOfManyBody,
    idempotent: true,
    status: 202,
    answer: replayOfManySchema,
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/postbacks/{postbackId}',
    operationId: 'getPostback',
    summary: 'Get a postback',
    tag: 'Postbacks',
    scope: 'read',
    params,
    status: 200,
    answer: postbackSchema,
  });
  registerOperation(registry, {
    method: 'post',
    path: '/v1/postbacks/{postbackId}/replay',
    operationId: 'replayPostback',
    summary: 'Send a dead postback again, with the same key and body',
    tag: 'Postbacks',
    scope: 'setup:write',
    params,
    idempotent: true,
    status: 202,
    answer: postbackReplaySchema,
    problems: ['not_replayable'],
  });
}
