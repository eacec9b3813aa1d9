import type { Currency } from '../../domain/currencies';
import {
  type CampaignId,
  type CostId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { type BoundedList, boundedList } from '../read-models/bounded-list';
import { nullableUuid } from '../read-models/row-values';
import { pageOf } from './page-of';

/** What makes two reports of spend the same cost: a later one restates the earlier. */
export type CostKey = {
  readonly campaignId: CampaignId;
  /** Calendar days, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly partnerId: PartnerId | null;
  readonly source: string | null;
  readonly creative: string | null;
  readonly keyword: string | null;
};

export type CostRevision = CostKey & {
  readonly costId: CostId;
  readonly revision: number;
  readonly money: Money;
  readonly note: string | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
};

export type CostFilter = {
  readonly campaignId?: CampaignId | undefined;
  readonly fromDay?: string | undefined;
  readonly toDay?: string | undefined;
};

type Row = {
  cost_id: string;
  revision: number;
  campaign_id: string;
  from_day: string;
  to_day: string;
  partner_id: string | null;
  source: string | null;
  creative: string | null;
  keyword: string | null;
  amount_minor: bigint;
  currency: Currency;
  note: string | null;
  created_by: string;
  created_at: Date;
};

/** Holds off other costs of the campaign until the transaction ends. False when the workspace has no such campaign. */
export async function lockCosts(trx: Db, workspaceId: WorkspaceId, campaignId: CampaignId): Promise<boolean> {
  // Weaker than FOR UPDATE: conversions that refer to the campaign meanwhile need not wait.
  const { rows } = await trx.raw<{ rows: object[] }>(
    'SELECT FROM campaigns WHERE workspace_id = ? AND campaign_id = ? FOR NO KEY UPDATE',
    [uuidFromId(workspaceId), uuidFromId(campaignId)],
  );
  return rows.length > 0;
}

/** The revision that stands of the cost with this key, or null. */
export async function findCostByKey(
  db: Db,
  workspaceId: WorkspaceId,
  key: CostKey,
): Promise<CostRevision | null> {
  const row = await db('costs')
    .where({ workspace_id: uuidFromId(workspaceId), ...keyColumns(key) })
    .orderBy('revision', 'desc')
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

export async function insertCostRevision(
  db: Db,
  workspaceId: WorkspaceId,
  cost: CostRevision,
): Promise<void> {
  await db('costs').insert({
    cost_id: uuidFromId(cost.costId),
    revision: cost.revision,
    workspace_id: uuidFromId(workspaceId),
    ...keyColumns(cost),
    amount_minor: cost.money.amountMinor,
    currency: cost.money.currency,
    note: cost.note,
    created_by: cost.createdBy,
    created_at: new Date(cost.createdAtMs),
  });
}

const REVISIONS_MAX = 500;

/** The latest revisions of one cost, the one that stands first; none when the workspace has no such cost. */
export async function listCostRevisions(
  db: Db,
  workspaceId: WorkspaceId,
  costId: CostId,
): Promise<BoundedList<CostRevision>> {
  const rows: Row[] = await db('costs')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId), cost_id: uuidFromId(costId) })
    .orderBy('revision', 'desc')
    .limit(REVISIONS_MAX + 1);
  return boundedList(rows, REVISIONS_MAX, fromRow);
}

/** Costs as they stand, those whose days meet the given ones. */
export async function listCosts(
  db: Db,
  workspaceId: WorkspaceId,
  { campaignId, fromDay, toDay }: CostFilter,
  page: PageRequest,
): Promise<Page<CostRevision>> {
  const standing = db('costs')
    .distinctOn('cost_id')
    .select()
    .where({
      workspace_id: uuidFromId(workspaceId),
      ...(campaignId && { campaign_id: uuidFromId(campaignId) }),
    })
    .where((days) => {
      if (fromDay !== undefined) days.where('to_day', '>=', fromDay);
      if (toDay !== undefined) days.where('from_day', '<=', toDay);
    })
    .orderBy('cost_id')
    .orderBy('revision', 'desc');
  return pageOf(db.select().from(standing.as('standing')), 'cost_id', page, fromRow);
}

function keyColumns(key: CostKey): Record<string, string | null> {
  return {
    campaign_id: uuidFromId(key.campaignId),
    from_day: key.fromDay,
    to_day: key.toDay,
    partner_id: nullableUuid(key.partnerId ?? undefined),
    source: key.source,
    creative: key.creative,
    keyword: key.keyword,
  };
}

function fromRow(row: Row): CostRevision {
  return {
    costId: idFromUuid('cst', row.cost_id),
    revision: row.revision,
    campaignId: idFromUuid('cmp', row.campaign_id),
    fromDay: row.from_day,
    toDay: row.to_day,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    source: row.source,
    creative: row.creative,
    keyword: row.keyword,
    money: { amountMinor: row.amount_minor, currency: row.currency },
    note: row.note,
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
  };
}
