import type { Deal, DealKind, DealTerms } from '../../domain/commission/deal';
import type { Currency } from '../../domain/currencies';
import { idFromUuid, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Money } from '../../domain/money';
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
  kind: DealKind;
  cpa_minor: bigint | null;
  cpa_currency: Currency | null;
  rate_ppm: number | null;
  cpl_minor: bigint | null;
  cpl_currency: Currency | null;
  min_deposit_minor: bigint | null;
  min_deposit_currency: Currency | null;
  qualification_days: number | null;
  hold_days: number;
  cap_day: number | null;
  cap_month: number | null;
  cap_total: number | null;
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
  const { terms, caps } = deal;
  const cpa = 'cpa' in terms ? terms.cpa : null;
  const cpl = 'cpl' in terms ? terms.cpl : null;
  await db('deals').insert({
    deal_id: uuidFromId(deal.dealId),
    workspace_id: uuidFromId(workspaceId),
    partner_id: uuidFromId(deal.partnerId),
    version: deal.version,
    kind: terms.kind,
    cpa_minor: cpa?.amountMinor ?? null,
    cpa_currency: cpa?.currency ?? null,
    rate_ppm: 'ratePpm' in terms ? terms.ratePpm : null,
    cpl_minor: cpl?.amountMinor ?? null,
    cpl_currency: cpl?.currency ?? null,
    min_deposit_minor: deal.minDeposit?.amountMinor ?? null,
    min_deposit_currency: deal.minDeposit?.currency ?? null,
    qualification_days: deal.qualificationDays,
    hold_days: deal.holdDays,
    cap_day: caps.day,
    cap_month: caps.month,
    cap_total: caps.total,
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

/** Every deal version of the partners. */
export async function loadDeals(db: Db, partnerIds: readonly PartnerId[]): Promise<Deal[]> {
  if (partnerIds.length === 0) return [];
  const rows: Row[] = await db('deals')
    .select()
    .whereRaw('partner_id = ANY(?)', [partnerIds.map(uuidFromId)]);
  return rows.map(fromRow);
}

function fromRow(row: Row): StoredDeal {
  return {
    dealId: idFromUuid('dea', row.deal_id),
    partnerId: idFromUuid('ptn', row.partner_id),
    version: row.version,
    terms: termsOf(row),
    minDeposit: toMoney(row.min_deposit_minor, row.min_deposit_currency),
    qualificationDays: row.qualification_days,
    holdDays: row.hold_days,
    caps: { day: row.cap_day, month: row.cap_month, total: row.cap_total },
    validFromMs: row.valid_from.getTime(),
    createdAtMs: row.created_at.getTime(),
  };
}

function termsOf(row: Row): DealTerms {
  const cpa = toMoney(row.cpa_minor, row.cpa_currency);
  const cpl = toMoney(row.cpl_minor, row.cpl_currency);
  switch (row.kind) {
    case 'cpa':
      if (cpa !== null) return { kind: 'cpa', cpa };
      break;
    case 'percent':
      if (row.rate_ppm !== null) return { kind: 'percent', ratePpm: row.rate_ppm };
      break;
    case 'hybrid':
      if (cpa !== null && row.rate_ppm !== null) return { kind: 'hybrid', cpa, ratePpm: row.rate_ppm };
      break;
    case 'cpl':
      if (cpl !== null) return { kind: 'cpl', cpl };
      break;
  }
  throw new Error(`deal ${row.deal_id} has no terms of a ${row.kind} deal`);
}

function toMoney(amountMinor: bigint | null, currency: Currency | null): Money | null {
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}
