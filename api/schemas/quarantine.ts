import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import {
  QUARANTINE_REASONS,
  QUARANTINE_STATES,
  type QuarantinedEvent,
} from '../../db/read-models/quarantined-events';
import { EVENT_KINDS } from '../../domain/facts';
import { shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';

export const quarantineListQuery = z.strictObject({
  ...pageShape('evt'),
  state: z.enum(QUARANTINE_STATES).default('waiting'),
});

export const quarantinedEventSchema = z
  .object({
    id: shownId('evt'),
    eventId: z.string().meta({ description: 'The sender’s own id of the event.' }),
    kind: z.enum(EVENT_KINDS),
    reason: z.enum(QUARANTINE_REASONS),
    quarantinedAt: shownInstant(),
    releasedAt: shownInstant().nullable(),
    releasedBy: z.string().nullable(),
    matchedClickId: shownId('clk').nullable(),
    clickRef: z.string().nullable().meta({ description: 'The click as the sender named it.' }),
    playerId: z.string().nullable().meta({ description: 'The sender’s own id of the player.' }),
    occurredAt: shownInstant(),
  })
  .meta({ id: 'QuarantinedEvent' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function quarantinedEventJson(event: QuarantinedEvent): z.input<typeof quarantinedEventSchema> {
  return event;
}

export function registerQuarantinePaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/quarantine',
    operationId: 'listQuarantine',
    summary: 'List events that wait for their click, player or time, oldest first',
    tag: 'Quarantine',
    scope: 'read',
    query: quarantineListQuery,
    status: 200,
    answer: pageOfSchema(quarantinedEventSchema),
  });
}
