import { type BrandId, idFromUuid, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

/** Kinds of source that can be created; `api`, the built-in one, exists once per workspace. */
export const SOURCE_KINDS = ['gaming'] as const;

/** A source without its secret, which only signature checks read. */
export type Source = {
  readonly sourceId: SourceId;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  readonly kind: 'api' | (typeof SOURCE_KINDS)[number];
  readonly brandId: BrandId;
  readonly brand: string;
  /** Addresses and CIDR networks from which it may report; empty: from everywhere. */
  readonly ipAllowList: readonly string[];
  readonly createdAtMs: number;
};

type Row = {
  source_id: string;
  workspace_id: string;
  name: string;
  kind: Source['kind'];
  brand_id: string;
  brand: string;
  ip_allow_list: string[];
  created_at: Date;
};

export async function insertSource(db: Db, source: Source & { secret: string }): Promise<void> {
  await db('sources').insert({
    source_id: uuidFromId(source.sourceId),
    workspace_id: uuidFromId(source.workspaceId),
    brand_id: uuidFromId(source.brandId),
    name: source.name,
    kind: source.kind,
    secret: source.secret,
    ip_allow_list: source.ipAllowList,
    created_at: new Date(source.createdAtMs),
  });
}

export async function findSource(
  db: Db,
  workspaceId: WorkspaceId,
  sourceId: SourceId,
): Promise<Source | null> {
  const row = await sourcesOf(db, workspaceId)
    .where('s.source_id', uuidFromId(sourceId))
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listSources(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Source>> {
  return pageOf(db.select().from(sourcesOf(db, workspaceId).as('source')), 'source_id', page, fromRow);
}

/** Changes what is given and leaves the rest. False when the workspace has no such source. */
export async function changeSource(
  db: Db,
  workspaceId: WorkspaceId,
  sourceId: SourceId,
  change: { readonly name?: string | undefined; readonly ipAllowList?: readonly string[] | undefined },
): Promise<boolean> {
  const count = await db('sources')
    .where({ workspace_id: uuidFromId(workspaceId), source_id: uuidFromId(sourceId) })
    .update({
      ...(change.name !== undefined && { name: change.name }),
      ...(change.ipAllowList !== undefined && { ip_allow_list: change.ipAllowList }),
    });
  return count > 0;
}

function sourcesOf(db: Db, workspaceId: WorkspaceId) {
  return db('sources as s')
    .join('brands as b', 'b.brand_id', 's.brand_id')
    .where('s.workspace_id', uuidFromId(workspaceId))
    .select(
      's.source_id',
      's.workspace_id',
      's.name',
      's.kind',
      's.brand_id',
      'b.name as brand',
      's.ip_allow_list',
      's.created_at',
    );
}

function fromRow(row: Row): Source {
  return {
    sourceId: idFromUuid('src', row.source_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    name: row.name,
    kind: row.kind,
    brandId: idFromUuid('brd', row.brand_id),
    brand: row.brand,
    ipAllowList: row.ip_allow_list,
    createdAtMs: row.created_at.getTime(),
  };
}
