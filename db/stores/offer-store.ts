import type { Currency } from '../../domain/currencies';
import { idFromUuid, type OfferId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type Offer = {
  readonly offerId: OfferId;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  readonly landingUrl: string;
  readonly fallbackUrl: string | null;
  /** What the advertiser has agreed to pay for a first deposit; never a partner's commission. */
  readonly payout: Money | null;
  readonly createdAtMs: number;
};

export type OfferChange = {
  readonly [F in 'name' | 'landingUrl' | 'fallbackUrl' | 'payout']?: Offer[F] | undefined;
};

type Row = {
  offer_id: string;
  workspace_id: string;
  name: string;
  landing_url: string;
  fallback_url: string | null;
  payout_minor: bigint | null;
  payout_currency: Currency | null;
  created_at: Date;
};

export async function insertOffer(db: Db, offer: Offer): Promise<void> {
  await db('offers').insert({
    offer_id: uuidFromId(offer.offerId),
    workspace_id: uuidFromId(offer.workspaceId),
    name: offer.name,
    landing_url: offer.landingUrl,
    fallback_url: offer.fallbackUrl,
    ...payoutColumns(offer.payout),
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
    .update({
      name: change.name,
      landing_url: change.landingUrl,
      fallback_url: change.fallbackUrl,
      ...(change.payout !== undefined && payoutColumns(change.payout)),
    })
    .returning<Row[]>('*');
  return row === undefined ? null : fromRow(row);
}

function payoutColumns(payout: Money | null): Pick<Row, 'payout_minor' | 'payout_currency'> {
  return { payout_minor: payout?.amountMinor ?? null, payout_currency: payout?.currency ?? null };
}

function keyOf(workspaceId: WorkspaceId, offerId: OfferId): { workspace_id: string; offer_id: string } {
  return { workspace_id: uuidFromId(workspaceId), offer_id: uuidFromId(offerId) };
}

function fromRow(row: Row): Offer {
  const { payout_minor: amountMinor, payout_currency: currency } = row;
  return {
    offerId: idFromUuid('off', row.offer_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    name: row.name,
    landingUrl: row.landing_url,
    fallbackUrl: row.fallback_url,
    payout: amountMinor === null || currency === null ? null : { amountMinor, currency },
    createdAtMs: row.created_at.getTime(),
  };
}
