import { type ApiKeyId, idFromUuid, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

/** What a key may do; `admin` includes all. */
export const SCOPES = [
  'admin',
  'setup:write',
  'events:write',
  'reviews:write',
  'payouts:write',
  'read',
] as const;
export type Scope = (typeof SCOPES)[number];

export type ApiKey = {
  readonly keyId: ApiKeyId;
  readonly workspaceId: WorkspaceId;
  /** The source whose events the key reports; null for a key that is bound to none. */
  readonly sourceId: SourceId | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
};

type Row = {
  key_id: string;
  workspace_id: string;
  source_id: string | null;
  name: string;
  scopes: Scope[];
  created_at: Date;
  revoked_at: Date | null;
};

const COLUMNS = ['key_id', 'workspace_id', 'source_id', 'name', 'scopes', 'created_at', 'revoked_at'];

/** The key with this SHA-256 that has not been revoked; one indexed read. */
export async function findLiveApiKey(db: Db, keyHash: Buffer): Promise<ApiKey | null> {
  const row = await db('api_keys')
    .where({ key_hash: keyHash })
    .whereNull('revoked_at')
    .first<Row | undefined>(COLUMNS);
  return row === undefined ? null : fromRow(row);
}

export type NewApiKey = Omit<ApiKey, 'revokedAtMs'> & { readonly keyHash: Buffer };

/** Stores a key. Returns false, and changes nothing, when a key with this hash exists already. */
export async function insertApiKey(db: Db, key: NewApiKey): Promise<boolean> {
  const inserted = await db('api_keys')
    .insert({
      key_id: uuidFromId(key.keyId),
      workspace_id: uuidFromId(key.workspaceId),
      source_id: key.sourceId === null ? null : uuidFromId(key.sourceId),
      name: key.name,
      key_hash: key.keyHash,
      scopes: key.scopes,
      created_at: new Date(key.createdAtMs),
    })
    .onConflict('key_hash')
    .ignore()
    .returning('key_id');
  return inserted.length > 0;
}

export async function listApiKeys(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  const query = db<Row>('api_keys')
    .select(COLUMNS)
    .where({ workspace_id: uuidFromId(workspaceId) });
  return pageOf(query, 'key_id', page, fromRow);
}

/** Revokes a key; a key that is revoked already keeps its time. Null when the workspace has no such key. */
export async function revokeApiKey(
  db: Db,
  workspaceId: WorkspaceId,
  keyId: ApiKeyId,
  nowMs: number,
): Promise<ApiKey | null> {
  const [row] = await db<Row>('api_keys')
    .where({ workspace_id: uuidFromId(workspaceId), key_id: uuidFromId(keyId) })
    .update({ revoked_at: db.raw('coalesce(revoked_at, ?)', [new Date(nowMs)]) })
    .returning(COLUMNS);
  return row === undefined ? null : fromRow(row as Row);
}

function fromRow(row: Row): ApiKey {
  return {
    keyId: idFromUuid('key', row.key_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    sourceId: row.source_id === null ? null : idFromUuid('src', row.source_id),
    name: row.name,
    scopes: row.scopes,
    createdAtMs: row.created_at.getTime(),
    revokedAtMs: row.revoked_at?.getTime() ?? null,
  };
}
