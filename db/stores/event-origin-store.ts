import {
  type BrandId,
  type ClickId,
  idFromUuid,
  type SourceId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';

/** Where events of one sender belong. */
export type EventOrigin = {
  readonly workspaceId: WorkspaceId;
  readonly sourceId: SourceId;
  readonly brandId: BrandId;
};

/** A sender as the tables know it. */
export type SendingSource = {
  readonly origin: EventOrigin;
  /** Addresses and networks from which it may report; empty: from everywhere. */
  readonly ipAllowList: readonly string[];
};

type OriginRow = {
  workspace_id: string;
  source_id: string;
  brand_id: string;
  secret: string | null;
  ip_allow_list: string[];
};

const COLUMNS = ['workspace_id', 'source_id', 'brand_id', 'ip_allow_list'] as const;

/** The source that a key is bound to; for an unbound key (null) the workspace's built-in source. */
export async function findKeyOrigin(
  db: Db,
  workspaceId: WorkspaceId,
  sourceId: SourceId | null,
): Promise<SendingSource> {
  const query = db<OriginRow>('sources').where('workspace_id', uuidFromId(workspaceId));
  const row = await (sourceId === null
    ? query.where('kind', 'api')
    : query.where('source_id', uuidFromId(sourceId))
  ).first(...COLUMNS);
  if (row === undefined) throw new Error(`workspace ${workspaceId} has no source for its key`);
  return toSource(row);
}

/** A source with the secret that its requests are signed with; null when there is none that can sign. */
export async function findSigningSource(
  db: Db,
  sourceId: SourceId,
): Promise<(SendingSource & { secret: string }) | null> {
  const row = await db<OriginRow>('sources')
    .where('source_id', uuidFromId(sourceId))
    .first(...COLUMNS, 'secret');
  return row === undefined || row.secret === null ? null : { ...toSource(row), secret: row.secret };
}

/** The source that a report without a key names; its events stay public. Null when there is none. */
export async function findNamedSource(db: Db, sourceId: SourceId): Promise<SendingSource | null> {
  const row = await db<OriginRow>('sources')
    .where('source_id', uuidFromId(sourceId))
    .first(...COLUMNS);
  return row === undefined ? null : toSource(row);
}

/**
 * The built-in source of the workspace that a click belongs to: where a public report of that click is kept. A click
 * that is not there, or none, belongs to the workspace that the request itself says, else to the only one, if there is
 * only one.
 */
export async function findClickOrigin(
  db: Db,
  clickId: ClickId | null,
  said: WorkspaceId | null,
): Promise<SendingSource | null> {
  const { rows } = await db.raw<{ rows: OriginRow[] }>(
    `SELECT s.workspace_id, s.source_id, s.brand_id, s.ip_allow_list FROM sources AS s
     WHERE s.kind = 'api' AND s.workspace_id = coalesce(
       (SELECT c.workspace_id FROM clicks AS c WHERE c.click_id = ?), CAST(? AS uuid),
       (SELECT w.workspace_id FROM workspaces AS w WHERE (SELECT count(*) FROM workspaces) = 1))`,
    [clickId === null ? null : uuidFromId(clickId), said === null ? null : uuidFromId(said)],
  );
  return rows[0] === undefined ? null : toSource(rows[0]);
}

/** The visitor's latest click in the workspace whose window is still open; null when there is none. */
export async function findLatestClick(
  db: Db,
  workspaceId: WorkspaceId,
  visitorId: VisitorId,
  nowMs: number,
): Promise<ClickId | null> {
  const { rows } = await db.raw<{ rows: { click_id: string }[] }>(
    `SELECT click_id FROM clicks WHERE visitor_id = ? AND workspace_id = ? AND expires_at >= ?
     ORDER BY click_id DESC LIMIT 1`,
    [uuidFromId(visitorId), uuidFromId(workspaceId), new Date(nowMs)],
  );
  return rows[0] === undefined ? null : idFromUuid('clk', rows[0].click_id);
}

function toSource(row: Omit<OriginRow, 'secret'>): SendingSource {
  return {
    origin: {
      workspaceId: idFromUuid('wsp', row.workspace_id),
      sourceId: idFromUuid('src', row.source_id),
      brandId: idFromUuid('brd', row.brand_id),
    },
    ipAllowList: row.ip_allow_list,
  };
}
