import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { OUTBOX_LANES, type OutboxKind } from '../../db/stores/outbox-store';
import type { ParkedRow } from '../../db/stores/parked-row-store';
import { instantJson, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageQuery } from './page';

export const parkedListQuery = pageQuery('obx');

export const parkedRowSchema = z
  .object({
    outboxId: shownId('obx'),
    kind: z
      .enum(Object.keys(OUTBOX_LANES) as [OutboxKind, ...OutboxKind[]])
      .meta({ description: 'What Temporal was to be told of.' }),
    subject: z
      .string()
      .meta({ description: 'The id of that event, postback, click, or of the timer’s player.' }),
    attempts: z.int(),
    error: z.string().meta({ description: 'What went wrong last.' }),
    parkedAt: shownInstant(),
  })
  .meta({ id: 'ParkedRow' });

export const parkedRetrySchema = z
  .object({ outboxId: shownId('obx'), kind: parkedRowSchema.shape.kind, subject: z.string() })
  .meta({ id: 'ParkedRowRetry' });

export function parkedRowJson({ parkedAtMs, ...row }: ParkedRow): z.input<typeof parkedRowSchema> {
  return { ...row, parkedAt: instantJson(parkedAtMs) };
}

export function registerOutboxPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/outbox/parked',
    operationId: 'listParkedRows',
    summary: 'List what was given up on its way to Temporal, oldest first',
    tag: 'Outbox',
    scope: 'read',
    query: parkedListQuery,
    status: 200,
    answer: pageOfSchema(parkedRowSchema),
  });
  registerOperation(registry, {
    method: 'post',
    path: '/v1/outbox/{outboxId}/retry',
    operationId: 'retryParkedRow',
    summary: 'Put a parked row back into the line',
    tag: 'Outbox',
    scope: 'setup:write',
    params: pathId('outboxId', 'obx'),
    idempotent: true,
    status: 202,
    answer: parkedRetrySchema,
  });
}
