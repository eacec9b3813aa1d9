import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { hashApiKey, newApiKey } from '../../db/new-secret';
import { type Scope, insertApiKey as storeApiKey } from '../../db/stores/api-key-store';
import type { SourceId, WorkspaceId } from '../../domain/ids';

/** A live key, as a client sends it; with the scope `admin` unless others are given. */
export async function insertApiKey(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly scopes?: readonly Scope[];
    readonly sourceId?: SourceId;
  },
): Promise<string> {
  const nowMs = Date.now();
  const key = newApiKey();
  await storeApiKey(db, {
    keyId: mintId('key', nowMs),
    workspaceId: given.workspaceId,
    sourceId: given.sourceId ?? null,
    name: 'A key',
    scopes: given.scopes ?? ['admin'],
    createdAtMs: nowMs,
    keyHash: hashApiKey(key),
  });
  return key;
}
