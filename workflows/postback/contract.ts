import type { PostbackId, WorkspaceId } from '../../domain/ids';

export const POSTBACK = 'postback';

export type PostbackInput = { readonly workspaceId: WorkspaceId; readonly postbackId: PostbackId };

/** `postback:<workspace>:<postback>:<run>`: replays, tests and orphans; each run is a workflow of its own. */
export function postbackWorkflowId(workspaceId: WorkspaceId, postbackId: PostbackId, run: number): string {
  return `postback:${workspaceId}:${postbackId}:${run}`;
}
