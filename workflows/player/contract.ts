import type { EventId, PlayerId, WorkspaceId } from '../../domain/ids';

export const PLAYER = 'player';

export type PlayerInput = {
  readonly workspaceId: WorkspaceId;
  readonly playerId: PlayerId;
  /** Events that the run before this one had not settled yet. */
  readonly carriedOver?: readonly EventId[];
  /** When the run before this one would have been due. */
  readonly dueAtMs?: number;
};

/** The signal that says when the player's books change next by time alone. */
export const TIMER_SET = 'timerSet';
export type TimerSet = { readonly dueAtMs: number };

/** `player:<workspace>:<player>`: at most one open run; a new one may follow a closed one. */
export function playerWorkflowId(workspaceId: WorkspaceId, playerId: PlayerId): string {
  return `player:${workspaceId}:${playerId}`;
}
