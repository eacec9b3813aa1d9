import { idFromUuid, type OfferId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type Offer = {
  readonly offerId: OfferId;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  readonly landingUrl: string;
  readonly fallbackUrl: string | null;
  readonly createdAtMs: number;
};

export type OfferChange = { readonly [F in 'name' | 'landingUrl' | 'fallbackUrl']?: Offer[F] | undefined };

type Row = {
  offer_id: string;
  workspace_id: string;
  name: string;
  landing_url: string;
  fallback_url: string | null;
  created_at: Date;
};

export async function insertOffer(db: Db, offer: Offer): Promise<void> {
  await db('offers').insert({
    offer_id: uuidFromId(offer.offerId),
    workspace_id: uuidFromId(offer.workspaceId),
    name: offer.name,
    landing_url: offer.landingUrl,
    fallback_url: offer.fallbackUrl,
    created_at: new Date(offer.createdAtMs),
  });
}

export async function findOffer(db: Db, workspaceId: WorkspaceId, offerId: OfferId): Promise<Offer | null> {
  const row = await db('offers').where(keyOf(workspaceId, offerId)).first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function listOffers(db: Db, workspaceId: WorkspaceId, page: PageRequest): Promise<Page<Offer>> {
  const query = db('offers')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId) });
  return pageOf(query, 'offer_id', page, fromRow);
}

/** Changes what is given. Null when the workspace has no such offer. */
export async function updateOffer(
  db: Db,
  workspaceId: WorkspaceId,
  offerId: OfferId,
  change: OfferChange,
): Promise<Offer | null> {
  const [row] = await db('offers')
    .where(keyOf(workspaceId, offerId))
    .update({ name: change.name, landing_url: change.landingUrl, fallback_url: change.fallbackUrl })
    .returning<Row[]>('*');
  return row === undefined ? null : fromRow(row);
}

function keyOf(workspaceId: WorkspaceId, offerId: OfferId): { workspace_id: string; offer_id: string } {
  return { workspace_id: uuidFromId(workspaceId), offer_id: uuidFromId(offerId) };
}

function fromRow(row: Row): Offer {
  return {
    offerId: idFromUuid('off', row.offer_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    name: row.name,
    landingUrl: row.landing_url,
    fallbackUrl: row.fallback_url,
    createdAtMs: row.created_at.getTime(),
  };
}
