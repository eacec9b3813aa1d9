import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { type BrandId, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';

export type WorkspaceFixture = {
  readonly workspaceId: WorkspaceId;
  /** The default brand. */
  readonly brandId: BrandId;
  /** The built-in source `api`. */
  readonly sourceId: SourceId;
};

/** A workspace with its default brand and built-in source. */
export async function insertWorkspace(
  db: Db,
  given: { readonly name?: string; readonly createdAtMs?: number } = {},
): Promise<WorkspaceFixture> {
  const createdAtMs = given.createdAtMs ?? Date.now();
  const workspaceId = mintId('wsp', createdAtMs);
  await db('workspaces').insert({
    workspace_id: uuidFromId(workspaceId),
    name: given.name ?? workspaceId,
    created_at: new Date(createdAtMs),
  });
  const brandId = await insertBrand(db, { workspaceId, name: 'default', isDefault: true });
  const sourceId = mintId('src', createdAtMs);
  await db('sources').insert({
    source_id: uuidFromId(sourceId),
    workspace_id: uuidFromId(workspaceId),
    brand_id: uuidFromId(brandId),
    name: 'api',
    kind: 'api',
    secret: null,
    created_at: new Date(createdAtMs),
  });
  return { workspaceId, brandId, sourceId };
}

export async function insertBrand(
  db: Db,
  given: { readonly workspaceId: WorkspaceId; readonly name?: string; readonly isDefault?: boolean },
): Promise<BrandId> {
  const nowMs = Date.now();
  const brandId = mintId('brd', nowMs);
  await db('brands').insert({
    brand_id: uuidFromId(brandId),
    workspace_id: uuidFromId(given.workspaceId),
    name: given.name ?? brandId,
    is_default: given.isDefault ?? false,
    created_at: new Date(nowMs),
  });
  return brandId;
}
