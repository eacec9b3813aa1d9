import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Destination } from '../../db/stores/destination-store';
import { POSTBACK_EVENTS } from '../../domain/postback/events';
import { DEFAULT_FAILURE_LIMITS } from '../../domain/postback/failure-ladder';
import {
  DESTINATION_KINDS,
  DESTINATION_METHODS,
  type DestinationKind,
  type DestinationMethod,
  validateDestinationUrl,
} from '../../domain/postback/render';
import { changeOf, instantJson, nameField, nullableIdField, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { registerResource } from './resource-operations';

const SETTABLE_STATUSES = ['active', 'paused'] as const;

function events() {
  return z
    .array(z.enum(POSTBACK_EVENTS))
    .min(1, 'must name at least one event')
    .transform((names) => [...new Set(names)])
    .meta({ type: 'array', minItems: 1, items: { type: 'string', enum: [...POSTBACK_EVENTS] } });
}

const MAX_FAILURES = 10_000;
const MAX_GRACE_HOURS = 720;

const failureCount = () => z.int().min(1, 'must be at least 1').max(MAX_FAILURES);

/** How long a destination may fail; what is left out keeps its value, at first the default. */
function failureLimits() {
  const { warnEveryFailures, disableAfterFailures, disableAfterHours } = DEFAULT_FAILURE_LIMITS;
  return z
    .strictObject({
      warnEveryFailures: failureCount()
        .optional()
        .meta({
          description: `A warning at every so many consecutive failed attempts. At first ${warnEveryFailures}.`,
        }),
      disableAfterFailures: failureCount()
        .optional()
        .meta({
          description: `Disabled after so many, with no success between. At first ${disableAfterFailures}.`,
        }),
      disableAfterHours: z
        .int()
        .min(0)
        .max(MAX_GRACE_HOURS)
        .optional()
        .meta({
          description: `And not before so long since the first of them; 0: at once. At first ${disableAfterHours}.`,
        }),
    })
    .optional()
    .meta({ id: 'FailureLimits' });
}

const acceptsPublic = () =>
  z.boolean().meta({
    description:
      'Whether it is told of public conversions, too: those that a pixel or a postback without key or signature has reported, which anybody can make up. They say `trust: public`.',
  });

export const createDestinationBody = z
  .strictObject({
    name: nameField(),
    kind: z.enum(DESTINATION_KINDS),
    url: z.string(),
    method: z.enum(DESTINATION_METHODS).optional(),
    events: events(),
    partnerId: nullableIdField('ptn').optional(),
    campaignId: nullableIdField('cmp').optional(),
    acceptsPublic: acceptsPublic().default(false),
    status: z.enum(SETTABLE_STATUSES).default('active'),
    failureLimits: failureLimits(),
  })
  .superRefine((body, context) => {
    for (const { path, message } of targetProblems(body.kind, body)) {
      context.addIssue({ code: 'custom', path: [path], message });
    }
  })
  .meta({ id: 'NewDestination' });

export const changeDestinationBody = changeOf({
  name: nameField().optional(),
  url: z.string().optional().meta({
    description: 'Where everything goes from the next attempt on, also what is being retried or replayed.',
  }),
  method: z.enum(DESTINATION_METHODS).optional(),
  events: events().optional(),
  partnerId: nullableIdField('ptn').optional(),
  campaignId: nullableIdField('cmp').optional(),
  acceptsPublic: acceptsPublic().optional(),
  status: z.enum(SETTABLE_STATUSES).optional().meta({
    description:
      '`paused` keeps what is due, without an end; `active` lets it go, and enables a disabled one. Failures are counted anew.',
  }),
  failureLimits: failureLimits(),
}).meta({ id: 'DestinationChange' });

/** What a destination of this kind cannot have; a change can only be judged once the stored kind is known. */
export function targetProblems(
  kind: DestinationKind,
  target: { url?: string | undefined; method?: DestinationMethod | undefined },
): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  if (target.url !== undefined) {
    const check = validateDestinationUrl(kind, target.url);
    if (!check.ok) problems.push({ path: 'url', message: check.problem });
  }
  if (kind === 'webhook' && target.method === 'GET') {
    problems.push({ path: 'method', message: 'a webhook is always posted' });
  }
  return problems;
}

const destinationFields = {
  destinationId: shownId('dst'),
  name: z.string(),
  kind: z.enum(DESTINATION_KINDS),
  url: z.string(),
  method: z.enum(DESTINATION_METHODS),
  events: z.array(z.enum(POSTBACK_EVENTS)),
  partnerId: shownId('ptn').nullable(),
  campaignId: shownId('cmp').nullable(),
  acceptsPublic: acceptsPublic(),
  status: z.enum([...SETTABLE_STATUSES, 'disabled']),
  disabledAt: shownInstant().nullable(),
  disabledReason: z.string().nullable(),
  failureLimits: z.object({
    warnEveryFailures: z.int(),
    disableAfterFailures: z.int(),
    disableAfterHours: z.int(),
  }),
  consecutiveFailures: z.int().meta({ description: 'Failed attempts since the last success.' }),
  failingSince: shownInstant().nullable(),
  warnedAt: shownInstant().nullable().meta({ description: 'When these failures were last warned about.' }),
  previousSecretUntil: shownInstant()
    .nullable()
    .meta({ description: 'Until when deliveries are signed with the secret before the last rotation, too.' }),
  createdAt: shownInstant(),
};

export const destinationSchema = z.object(destinationFields).meta({ id: 'Destination' });

const createdDestinationSchema = z
  .object({
    ...destinationFields,
    secret: z
      .string()
      .optional()
      .meta({ description: 'Signing secret of a webhook (Standard Webhooks). Shown once.' }),
  })
  .meta({ id: 'CreatedDestination' });

const MAX_OVERLAP_HOURS = 168;

export const rotateSecretBody = z
  .strictObject({
    overlapHours: z.int().min(0).max(MAX_OVERLAP_HOURS).default(24).meta({
      description: 'How long deliveries are signed with the secret before, too, newest first; 0: not at all.',
    }),
  })
  .meta({ id: 'SecretRotation' });

const rotatedSecretSchema = z
  .object({
    destinationId: shownId('dst'),
    secret: z.string().meta({ description: 'The new signing secret. Shown once.' }),
    previousSecretUntil: shownInstant().nullable(),
  })
  .meta({ id: 'RotatedSecret' });

const testPostbackSchema = z.object({ postbackId: shownId('pbk') }).meta({ id: 'TestPostback' });

export function destinationJson(destination: Destination): z.input<typeof destinationSchema> {
  return {
    destinationId: destination.destinationId,
    name: destination.name,
    kind: destination.kind,
    url: destination.url,
    method: destination.method,
    events: [...destination.events],
    partnerId: destination.partnerId,
    campaignId: destination.campaignId,
    acceptsPublic: destination.acceptsPublic,
    status: destination.status,
    disabledAt: instantOrNull(destination.disabledAtMs),
    disabledReason: destination.disabledReason,
    failureLimits: { ...destination.failureLimits },
    consecutiveFailures: destination.consecutiveFailures,
    failingSince: instantOrNull(destination.failingSinceMs),
    warnedAt: instantOrNull(destination.warnedAtMs),
    previousSecretUntil: instantOrNull(destination.previousSecretUntilMs),
    createdAt: instantJson(destination.createdAtMs),
  };
}

function instantOrNull(ms: number | null): string | null {
  return ms === null ? null : instantJson(ms);
}

export function registerDestinationPaths(registry: OpenAPIRegistry): void {
  const tag = 'Destinations';
  registerResource(registry, {
    tag,
    path: '/v1/destinations',
    one: 'destination',
    prefix: 'dst',
    idName: 'destinationId',
    createBody: createDestinationBody,
    changeBody: changeDestinationBody,
    answer: destinationSchema,
    createAnswer: createdDestinationSchema,
  });
  registerOperation(registry, {
    tag,
    method: 'post',
    path: '/v1/destinations/{destinationId}/test',
    operationId: 'testDestination',
    summary: 'Send a marked test postback',
    scope: 'setup:write',
    params: pathId('destinationId', 'dst'),
    idempotent: true,
    status: 202,
    answer: testPostbackSchema,
  });
  registerOperation(registry, {
    tag,
    method: 'post',
    path: '/v1/destinations/{destinationId}/secret',
    operationId: 'rotateDestinationSecret',
    summary: 'Give a webhook a new signing secret',
    scope: 'setup:write',
    params: pathId('destinationId', 'dst'),
    body: rotateSecretBody,
    idempotent: true,
    status: 201,
    answer: rotatedSecretSchema,
  });
}
