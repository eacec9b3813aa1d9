import { type BrandId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';

const DEFAULT_BRAND = 'default';
const BUILTIN_SOURCE = 'api';

/**
 * Creates a workspace with what every workspace has: a default brand, and the built-in source of keys that are
 * bound to no other. Throws a unique violation when the name is taken.
 */
export async function insertWorkspace(db: Db, name: string, nowMs: number): Promise<WorkspaceId> {
  const workspaceId = mintId('wsp', nowMs);
  const created_at = new Date(nowMs);
  await db('workspaces').insert({ workspace_id: uuidFromId(workspaceId), name, created_at });
  const brandId = await insertBrand(db, { workspaceId, name: DEFAULT_BRAND, isDefault: true, nowMs });
  await db('sources').insert({
    source_id: uuidFromId(mintId('src', nowMs)),
    workspace_id: uuidFromId(workspaceId),
    brand_id: uuidFromId(brandId),
    name: BUILTIN_SOURCE,
    kind: BUILTIN_SOURCE,
    secret: null,
    created_at,
  });
  return workspaceId;
}

/** The oldest workspace: the one that an instance was born with. Null on an empty instance. */
export async function findFirstWorkspace(db: Db): Promise<WorkspaceId | null> {
  const row = await db<{ workspace_id: string }>('workspaces').first('workspace_id').orderBy('workspace_id');
  return row === undefined ? null : idFromUuid('wsp', row.workspace_id);
}

/** Null when no workspace has the name. */
export async function findWorkspaceByName(db: Db, name: string): Promise<WorkspaceId | null> {
  const row = await db('workspaces')
    .where({ name })
    .first<{ workspace_id: string } | undefined>('workspace_id');
  return row === undefined ? null : idFromUuid('wsp', row.workspace_id);
}

/** The brand of that name, created if need be; without a name the workspace's default brand. */
export async function ensureBrand(
  db: Db,
  workspaceId: WorkspaceId,
  name: string | null,
  nowMs: number,
): Promise<{ brandId: BrandId; name: string }> {
  const existing = await findBrand(db, workspaceId, name);
  if (existing !== null) return existing;
  if (name === null) throw new Error('a workspace without a default brand');
  await db('brands')
    .insert({
      brand_id: uuidFromId(mintId('brd', nowMs)),
      workspace_id: uuidFromId(workspaceId),
      name,
      is_default: false,
      created_at: new Date(nowMs),
    })
    .onConflict(['workspace_id', 'name'])
    .ignore();
  const brand = await findBrand(db, workspaceId, name);
  if (brand === null) throw new Error('a brand that was just created is not there');
  return brand;
}

async function insertBrand(
  db: Db,
  brand: { workspaceId: WorkspaceId; name: string; isDefault: boolean; nowMs: number },
): Promise<BrandId> {
  const brandId = mintId('brd', brand.nowMs);
  await db('brands').insert({
    brand_id: uuidFromId(brandId),
    workspace_id: uuidFromId(brand.workspaceId),
    name: brand.name,
    is_default: brand.isDefault,
    created_at: new Date(brand.nowMs),
  });
  return brandId;
}

async function findBrand(
  db: Db,
  workspaceId: WorkspaceId,
  name: string | null,
): Promise<{ brandId: BrandId; name: string } | null> {
  const row = await db('brands')
    .where({ workspace_id: uuidFromId(workspaceId), ...(name === null ? { is_default: true } : { name }) })
    .first<{ brand_id: string; name: string } | undefined>('brand_id', 'name');
  return row === undefined ? null : { brandId: idFromUuid('brd', row.brand_id), name: row.name };
}
