import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/** Gives a workspace a host on which every link is its own. False when the host is another's. */
export async function addWorkspaceHost(
  db: Db,
  { workspaceId, host, nowMs }: { workspaceId: WorkspaceId; host: string; nowMs: number },
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `INSERT INTO workspace_hosts (host, workspace_id, created_at) VALUES (?, ?, ?)
     ON CONFLICT (host) DO UPDATE SET host = excluded.host
       WHERE workspace_hosts.workspace_id = excluded.workspace_id
     RETURNING host`,
    [host, uuidFromId(workspaceId), new Date(nowMs)],
  );
  return rows.length > 0;
}

/** Takes a host from its workspace. False when it is not the workspace's. */
export async function removeWorkspaceHost(
  db: Db,
  { workspaceId, host }: { workspaceId: WorkspaceId; host: string },
): Promise<boolean> {
  const removed = await db('workspace_hosts')
    .where({ host, workspace_id: uuidFromId(workspaceId) })
    .delete();
  return removed > 0;
}
