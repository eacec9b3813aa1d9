import { idFromUuid, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type Partner = {
  readonly partnerId: PartnerId;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  /** What click links name the partner by (`?p=`); unique in the workspace. */
  readonly code: string;
  readonly createdAtMs: number;
};

export type PartnerChange = { readonly [F in 'name' | 'code']?: Partner[F] | undefined };

type Row = { partner_id: string; workspace_id: string; name: string; code: string; created_at: Date };

/** Throws a unique violation of `partners_code_key` when the code is taken. */
export async function insertPartner(db: Db, partner: Partner): Promise<void> {
  await db('partners').insert({
    partner_id: uuidFromId(partner.partnerId),
    workspace_id: uuidFromId(partner.workspaceId),
    name: partner.name,
    code: partner.code,
    created_at: new Date(partner.createdAtMs),
  });
}

export async function findPartner(
  db: Db,
  workspaceId: WorkspaceId,
  partnerId: PartnerId,
): Promise<Partner | null> {
  const row = await db('partners').where(keyOf(workspaceId, partnerId)).first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listPartners(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Partner>> {
  const query = db('partners')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId) });
  return pageOf(query, 'partner_id', page, fromRow);
}

/** Changes what is given. Null when the workspace has no such partner. */
export async function updatePartner(
  db: Db,
  workspaceId: WorkspaceId,
  partnerId: PartnerId,
  change: PartnerChange,
): Promise<Partner | null> {
  const [row] = await db('partners')
    .where(keyOf(workspaceId, partnerId))
    .update({ name: change.name, code: change.code })
    .returning<Row[]>('*');
  return row === undefined ? null : fromRow(row);
}

/**
 * Holds the partner's row until the transaction ends, so that deal versions are numbered one after the other.
 * Settlements that refer to the partner meanwhile need not wait.
 */
export async function lockPartner(db: Db, workspaceId: WorkspaceId, partnerId: PartnerId): Promise<boolean> {
  const row = await db('partners')
    .where(keyOf(workspaceId, partnerId))
    .forNoKeyUpdate()
    .first<Row | undefined>();
  return row !== undefined;
}

function keyOf(workspaceId: WorkspaceId, partnerId: PartnerId): { workspace_id: string; partner_id: string } {
  return { workspace_id: uuidFromId(workspaceId), partner_id: uuidFromId(partnerId) };
}

function fromRow(row: Row): Partner {
  return {
    partnerId: idFromUuid('ptn', row.partner_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    name: row.name,
    code: row.code,
    createdAtMs: row.created_at.getTime(),
  };
}
