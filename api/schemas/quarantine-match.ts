import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { idField, pathId, shownId } from './fields';
import { registerOperation } from './operation';

export const matchBody = z.strictObject({ clickId: idField('clk') }).meta({ id: 'QuarantineMatch' });

const matchAnswer = z.object({
  id: shownId('evt'),
  clickId: shownId('clk'),
  released: z
    .array(shownId('evt'))
    .meta({ description: 'The event, and what waited for its player; beyond 500 it follows.' }),
});

export function registerQuarantineMatchPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'post',
    path: '/v1/quarantine/{eventId}/match',
    operationId: 'matchQuarantinedEvent',
    summary: 'Match a quarantined event to a click',
    tag: 'Quarantine',
    scope: 'setup:write',
    params: pathId('eventId', 'evt'),
    body: matchBody,
    status: 200,
    answer: matchAnswer,
    problems: ['event_conflict'],
  });
}
