import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { StatusMapping } from '../../db/stores/status-mapping-store';
import { DEPOSIT_STATUSES, EVENT_KINDS } from '../../domain/facts';
import { idField, instantJson, nameField, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';

export const createStatusMappingBody = z
  .strictObject({
    sourceId: idField('src'),
    word: nameField().meta({
      description: 'As the sender sends it, or as the desk shows it. Case, blanks, `_` and `-` do not count.',
      example: 'qualification',
    }),
    kind: z
      .enum(EVENT_KINDS)
      .nullish()
      .meta({ description: 'The event that the word names. Without it, the word is a status only.' }),
    status: z.enum(DEPOSIT_STATUSES).nullish().meta({
      description: 'Of a deposit or a withdrawal. A status that the report itself names goes before it.',
    }),
  })
  .refine(({ kind, status }) => Boolean(kind) || Boolean(status), {
    path: ['kind'],
    message: 'or status is needed',
  })
  .refine(({ kind, status }) => !status || !kind || kind === 'deposit' || kind === 'withdrawal', {
    path: ['status'],
    message: 'only deposits and withdrawals have one',
  })
  .meta({ id: 'NewStatusMapping' });

export const statusMappingListQuery = z.strictObject({
  ...pageShape('smp'),
  sourceId: idField('src').optional(),
  retired: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With those that hold no longer.' }),
});

const statusMappingSchema = z
  .object({
    mappingId: shownId('smp'),
    sourceId: shownId('src'),
    word: z.string(),
    kind: z.enum(EVENT_KINDS).nullable(),
    status: z.enum(DEPOSIT_STATUSES).nullable(),
    createdBy: z.string(),
    createdAt: shownInstant(),
    retiredAt: shownInstant().nullable(),
  })
  .meta({ id: 'StatusMapping' });

export function statusMappingJson(mapping: StatusMapping): z.input<typeof statusMappingSchema> {
  return {
    mappingId: mapping.mappingId,
    sourceId: mapping.sourceId,
    word: mapping.word,
    kind: mapping.kind,
    status: mapping.status,
    createdBy: mapping.createdBy,
    createdAt: instantJson(mapping.createdAtMs),
    retiredAt: mapping.retiredAtMs === null ? null : instantJson(mapping.retiredAtMs),
  };
}

export function registerStatusMappingPaths(registry: OpenAPIRegistry): void {
  const shared = { tag: 'Quarantine', path: '/v1/status-mappings' } as const;
  registerOperation(registry, {
    ...shared,
    method: 'post',
    operationId: 'createStatusMapping',
    summary: 'Say what a source means by a word; the reports that wait for it follow',
    scope: 'setup:write',
    body: createStatusMappingBody,
    idempotent: true,
    status: 201,
    answer: statusMappingSchema,
    problems: ['already_exists'],
  });
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'listStatusMappings',
    summary: 'List what sources mean by their words',
    scope: 'read',
    query: statusMappingListQuery,
    status: 200,
    answer: pageOfSchema(statusMappingSchema),
  });
  registerOperation(registry, {
    ...shared,
    method: 'delete',
    path: '/v1/status-mappings/{mappingId}',
    operationId: 'retireStatusMapping',
    summary: 'Retire a mapping; what was translated by it stays',
    scope: 'setup:write',
    params: pathId('mappingId', 'smp'),
    status: 200,
    answer: statusMappingSchema,
  });
}
