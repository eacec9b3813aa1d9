import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { AuditRecord } from '../../db/read-models/audit-trail';
import { shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';
import { textFilter } from './text-filter';

export const auditListQuery = z.strictObject({
  ...pageShape('aud'),
  subject: textFilter().optional().meta({ description: 'The id of the thing that was changed.' }),
});

export const auditRecordSchema = z
  .object({
    auditId: shownId('aud'),
    at: shownInstant(),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    cause: z.string(),
    detail: z.record(z.string(), z.unknown()).readonly(),
  })
  .meta({ id: 'AuditRecord' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function auditRecordJson(entry: AuditRecord): z.input<typeof auditRecordSchema> {
  return entry;
}

export function registerAuditPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    summary: 'List recorded changes, oldest first',
    tag: 'Audit',
    scope: 'read',
    query: auditListQuery,
    status: 200,
    answer: pageOfSchema(auditRecordSchema),
  });
}
