import type { ClickId, WorkspaceId } from '../../domain/ids';

export const CLICK_JOURNEY = 'clickJourney';

export type ClickJourneyInput = {
  readonly workspaceId: WorkspaceId;
  readonly clickId: ClickId;
  /** The last millisecond of the attribution window, from the click's own time. */
  readonly expiresAtMs: number;
};

export type ClickJourneyResult = { readonly outcome: 'converted' | 'expired'; readonly events: number };

/** `click:<workspace>:<click>`: one journey per click, for ever. */
export function clickJourneyWorkflowId(workspaceId: WorkspaceId, clickId: ClickId): string {
  return `click:${workspaceId}:${clickId}`;
}
