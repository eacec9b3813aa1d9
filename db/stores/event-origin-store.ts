import { type BrandId, idFromUuid, type SourceId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/** Where events of one sender belong. */
export type EventOrigin = {
  readonly workspaceId: WorkspaceId;
  readonly sourceId: SourceId;
  readonly brandId: BrandId;
};

type OriginRow = { workspace_id: string; source_id: string; brand_id: string; secret: string | null };

/** The source that a key is bound to; for an unbound key (null) the workspace's built-in source. */
export async function findKeyOrigin(
  db: Db,
  workspaceId: WorkspaceId,
  sourceId: SourceId | null,
): Promise<EventOrigin> {
  const query = db<OriginRow>('sources').where('workspace_id', uuidFromId(workspaceId));
  const row = await (sourceId === null
    ? query.where('kind', 'api')
    : query.where('source_id', uuidFromId(sourceId))
  ).first('workspace_id', 'source_id', 'brand_id');
  if (row === undefined) throw new Error(`workspace ${workspaceId} has no source for its key`);
  return toOrigin(row);
}

/** A source with the secret that its requests are signed with; null when there is none that can sign. */
export async function findSigningSource(
  db: Db,
  sourceId: SourceId,
): Promise<{ origin: EventOrigin; secret: string } | null> {
  const row = await db<OriginRow>('sources')
    .where('source_id', uuidFromId(sourceId))
    .first('workspace_id', 'source_id', 'brand_id', 'secret');
  return row === undefined || row.secret === null ? null : { origin: toOrigin(row), secret: row.secret };
}

function toOrigin(row: Omit<OriginRow, 'secret'>): EventOrigin {
  return {
    workspaceId: idFromUuid('wsp', row.workspace_id),
    sourceId: idFromUuid('src', row.source_id),
    brandId: idFromUuid('brd', row.brand_id),
  };
}
