import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';

export async function insertAudit(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly subject: string;
    readonly action?: string;
    readonly actor?: string;
    readonly cause?: string;
    readonly detail?: Readonly<Record<string, unknown>>;
    readonly atMs?: number;
  },
): Promise<void> {
  const atMs = given.atMs ?? Date.now();
  await db('audit').insert({
    audit_id: uuidFromId(mintId('aud', atMs)),
    workspace_id: uuidFromId(given.workspaceId),
    at: new Date(atMs),
    actor: given.actor ?? 'test',
    action: given.action ?? 'tested',
    subject: given.subject,
    cause: given.cause ?? 'a test',
    detail: JSON.stringify(given.detail ?? {}),
  });
}
