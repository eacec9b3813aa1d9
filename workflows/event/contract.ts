import type { EventId, WorkspaceId } from '../../domain/ids';

export const EVENT = 'event';

export type EventInput = { readonly workspaceId: WorkspaceId; readonly eventId: EventId };

/** `event:<workspace>:<event>`: for an event that has neither an open journey nor a player. */
export function eventWorkflowId(workspaceId: WorkspaceId, eventId: EventId): string {
  return `event:${workspaceId}:${eventId}`;
}
