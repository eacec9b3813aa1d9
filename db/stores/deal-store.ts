import type { Currency } from '../../domain/currencies';
import type { Deal } from '../../domain/facts';
import { idFromUuid, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export type StoredDeal = Deal & { readonly createdAtMs: number };

/** Since when a partner's first deal is valid when nobody said so: players may have come before it was written. */
export const BEGINNING_MS = 0;

type Row = {
  deal_id: string;
  partner_id: string;
  version: number;
  cpa_minor: bigint;
  cpa_currency: string;
  min_deposit_minor: bigint | null;
  min_deposit_currency: string | null;
  valid_from: Date;
  created_at: Date;
};

/** The highest version of a partner's deals; 0 when there is none. Lock the partner first. */
export async function latestDealVersion(db: Db, partnerId: PartnerId): Promise<number> {
  const row = await db('deals')
    .where({ partner_id: uuidFromId(partnerId) })
    .orderBy('version', 'desc')
    .first<{ version: number } | undefined>('version');
  return row?.version ?? 0;
}

export async function insertDeal(db: Db, workspaceId: WorkspaceId, deal: StoredDeal): Promise<void> {
  await db('deals').insert({
    deal_id: uuidFromId(deal.dealId),
    workspace_id: uuidFromId(workspaceId),
    partner_id: uuidFromId(deal.partnerId),
    version: deal.version,
    kind: 'cpa',
    cpa_minor: deal.cpa.amountMinor,
    cpa_currency: deal.cpa.currency,
    min_deposit_minor: deal.minDeposit?.amountMinor ?? null,
    min_deposit_currency: deal.minDeposit?.currency ?? null,
    valid_from: new Date(deal.validFromMs),
    created_at: new Date(deal.createdAtMs),
  });
}

/** A partner's deals, oldest first; those of the same millisecond in any order. */
export async function listDeals(
  db: Db,
  workspaceId: WorkspaceId,
  partnerId: PartnerId,
  page: PageRequest,
): Promise<Page<StoredDeal>> {
  const query = db('deals')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId), partner_id: uuidFromId(partnerId) });
  return pageOf(query, 'deal_id', page, fromRow);
}

function fromRow(row: Row): StoredDeal {
  return {
    dealId: idFromUuid('dea', row.deal_id),
    partnerId: idFromUuid('ptn', row.partner_id),
    version: row.version,
    cpa: { amountMinor: row.cpa_minor, currency: row.cpa_currency as Currency },
    minDeposit:
      row.min_deposit_minor === null
        ? null
        : { amountMinor: row.min_deposit_minor, currency: row.min_deposit_currency as Currency },
    validFromMs: row.valid_from.getTime(),
    createdAtMs: row.created_at.getTime(),
  };
}
