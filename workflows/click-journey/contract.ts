import { type ClickId, parseId, type WorkspaceId } from '../../domain/ids';

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

/** The inverse of clickJourneyWorkflowId; null for any other workflow's id. */
export function parseClickJourneyWorkflowId(
  workflowId: string,
): { workspaceId: WorkspaceId; clickId: ClickId } | null {
  const [kind, workspace = '', click = '', ...rest] = workflowId.split(':');
  const workspaceId = parseId('wsp', workspace);
  const clickId = parseId('clk', click);
  if (kind !== 'click' || rest.length > 0 || workspaceId === null || clickId === null) return null;
  return { workspaceId, clickId };
}
