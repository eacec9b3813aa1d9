import type { WorkspaceId } from '../domain/ids';
import type { Db } from './knex';
import { mintId } from './mint-id';
import { hashApiKey, newApiKey } from './new-secret';
import { insertApiKey } from './stores/api-key-store';
import { recordAudit } from './stores/audit-store';
import { addWorkspaceHost, removeWorkspaceHost } from './stores/workspace-host-store';
import { findFirstWorkspace, findWorkspaceByName, insertWorkspace } from './stores/workspace-store';

const FIRST_WORKSPACE = 'default';

/**
 * Makes a tenant: workspace, default brand, built-in source and an admin key, which is returned and never shown
 * again. `adminKey` is used instead of a random one. Throws a unique violation when the name or the key is taken.
 */
export async function createWorkspace(
  db: Db,
  input: { name: string; nowMs: number; adminKey?: string },
): Promise<{ workspaceId: WorkspaceId; adminKey: string }> {
  return db.transaction(async (trx) => {
    const workspaceId = await insertWorkspace(trx, input.name, input.nowMs);
    await recordAudit(trx, {
      workspaceId,
      nowMs: input.nowMs,
      actor: 'command',
      action: 'workspace.created',
      subject: workspaceId,
      cause: 'command',
      detail: { name: input.name },
    });
    const adminKey = input.adminKey ?? newApiKey();
    if (!(await addAdminKey(trx, workspaceId, adminKey, input.nowMs))) {
      throw new Error('this admin key belongs to another workspace already');
    }
    return { workspaceId, adminKey };
  });
}

/**
 * Makes another admin key, for a workspace whose keys were lost; the others stay valid. The key is returned and never
 * shown again. Null when no workspace has the name.
 */
export async function createAdminKey(
  db: Db,
  input: { workspaceName: string; nowMs: number },
): Promise<{ workspaceId: WorkspaceId; adminKey: string } | null> {
  return db.transaction(async (trx) => {
    const workspaceId = await findWorkspaceByName(trx, input.workspaceName);
    if (workspaceId === null) return null;
    const adminKey = newApiKey();
    await addAdminKey(trx, workspaceId, adminKey, input.nowMs);
    return { workspaceId, adminKey };
  });
}

/**
 * Gives a workspace a host on which every link is its own, or takes it back. `missing` when no workspace has the name,
 * `taken` when the host is another's, `unknown` when it cannot be taken back from this one.
 */
export async function changeWorkspaceHost(
  db: Db,
  input: { workspaceName: string; host: string; isRemoved: boolean; nowMs: number },
): Promise<'changed' | 'missing' | 'taken' | 'unknown'> {
  const { workspaceName, host, isRemoved, nowMs } = input;
  return db.transaction(async (trx) => {
    const workspaceId = await findWorkspaceByName(trx, workspaceName);
    if (workspaceId === null) return 'missing';
    const isChanged = isRemoved
      ? await removeWorkspaceHost(trx, { workspaceId, host })
      : await addWorkspaceHost(trx, { workspaceId, host, nowMs });
    if (!isChanged) return isRemoved ? 'unknown' : 'taken';
    await recordAudit(trx, {
      ...{ workspaceId, nowMs, actor: 'command', subject: workspaceId, cause: 'command', detail: { host } },
      action: isRemoved ? 'workspace.host_removed' : 'workspace.host_added',
    });
    return 'changed';
  });
}

/**
 * Makes the first workspace of an instance that has none. Safe to call at every start and from several processes
 * at once. `adminKey`, when given, becomes a key of the first workspace unless it is one already. Returns the
 * admin key that was made or given now, null when the instance had one before and none was given.
 */
export async function seedInstance(
  db: Db,
  input: { adminKey?: string | null; nowMs: number },
): Promise<{ workspaceId: WorkspaceId; adminKey: string | null }> {
  const given = input.adminKey ?? null;
  return db.transaction(async (trx) => {
    await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('clickchain:seed'))`);
    const existing = await findFirstWorkspace(trx);
    if (existing === null) {
      const key = given === null ? {} : { adminKey: given };
      return createWorkspace(trx, { name: FIRST_WORKSPACE, nowMs: input.nowMs, ...key });
    }
    if (given !== null) await addAdminKey(trx, existing, given, input.nowMs);
    return { workspaceId: existing, adminKey: given };
  });
}

async function addAdminKey(db: Db, workspaceId: WorkspaceId, key: string, nowMs: number): Promise<boolean> {
  const keyId = mintId('key', nowMs);
  const added = await insertApiKey(db, {
    keyId,
    workspaceId,
    sourceId: null,
    name: 'admin',
    scopes: ['admin'],
    createdAtMs: nowMs,
    keyHash: hashApiKey(key),
  });
  if (!added) return false;
  const action = { workspaceId, nowMs, actor: 'command', action: 'api_key.created', cause: 'command' };
  await recordAudit(db, { ...action, subject: keyId, detail: { name: 'admin', scopes: ['admin'] } });
  return true;
}
