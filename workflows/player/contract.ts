import type { EventId, PlayerId, WorkspaceId } from '../../domain/ids';

export const PLAYER = 'player';

export type PlayerInput = {
  readonly workspaceId: WorkspaceId;
  readonly playerId: PlayerId;
  /** Events that the run before this one had not settled yet. */
  readonly carriedOver?: readonly EventId[];
};

/** `player:<workspace>:<player>`: at most one open run; a new one may follow a closed one. */
export function playerWorkflowId(workspaceId: WorkspaceId, playerId: PlayerId): string {
  return `player:${workspaceId}:${playerId}`;
}
