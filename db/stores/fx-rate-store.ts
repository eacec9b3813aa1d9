import type { Currency } from '../../domain/currencies';
import type { FxRate } from '../../domain/fx/rate';
import { idFromUuid, type RateId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';
import { holdOffSettlements } from './settlement-gate';

export type StoredRate = FxRate & {
  readonly rateId: RateId;
  readonly createdBy: string;
  readonly createdAtMs: number;
};

export type RateFilter = { readonly from?: Currency | undefined; readonly to?: Currency | undefined };

/** Two currencies; the order says nothing. */
export type CurrencyPair = { readonly from: Currency; readonly to: Currency };

type Row = {
  rate_id: string;
  from_currency: Currency;
  to_currency: Currency;
  rate: string;
  source: string;
  rated_at: Date;
  created_by: string;
  created_at: Date;
};

/**
 * Stores a rate unless one of the same pair and moment is known; gives the one that is known then, which stands. Waits
 * for settlements under way, and holds off others until the caller's transaction ends; call it before any subject is
 * locked.
 */
export async function insertRate(
  db: Db,
  workspaceId: WorkspaceId,
  rate: StoredRate,
): Promise<{ readonly inserted: boolean; readonly rate: StoredRate }> {
  await holdOffSettlements(db, workspaceId);
  const [inserted] = await db('fx_rates')
    .insert({
      rate_id: uuidFromId(rate.rateId),
      workspace_id: uuidFromId(workspaceId),
      from_currency: rate.from,
      to_currency: rate.to,
      rate: rate.rate,
      source: rate.source,
      rated_at: new Date(rate.ratedAtMs),
      created_by: rate.createdBy,
      created_at: new Date(rate.createdAtMs),
    })
    .onConflict(['workspace_id', 'from_currency', 'to_currency', 'rated_at'])
    .ignore()
    .returning<Row[]>('*');
  if (inserted !== undefined) return { inserted: true, rate: fromRow(inserted) };
  const known = await db('fx_rates')
    .where({
      workspace_id: uuidFromId(workspaceId),
      from_currency: rate.from,
      to_currency: rate.to,
      rated_at: new Date(rate.ratedAtMs),
    })
    .first<Row | undefined>();
  if (known === undefined) throw new Error('a rate that was refused as known is not there');
  return { inserted: false, rate: fromRow(known) };
}

export async function listRates(
  db: Db,
  workspaceId: WorkspaceId,
  { from, to }: RateFilter,
  page: PageRequest,
): Promise<Page<StoredRate>> {
  const query = db('fx_rates')
    .select()
    .where({
      workspace_id: uuidFromId(workspaceId),
      ...(from && { from_currency: from }),
      ...(to && { to_currency: to }),
    });
  return pageOf(query, 'rate_id', page, fromRow);
}

/** Every rate of the pairs, in either direction, that is not after a time. What `rateAt` needs for amounts until then. */
export async function loadRates(
  db: Db,
  workspaceId: WorkspaceId,
  pairs: readonly CurrencyPair[],
  untilMs: number,
): Promise<FxRate[]> {
  const different = pairs.filter(({ from, to }) => from !== to);
  if (different.length === 0) return [];
  const from = different.flatMap((pair) => [pair.from, pair.to]);
  const to = different.flatMap((pair) => [pair.to, pair.from]);
  const rows: Row[] = await db('fx_rates')
    .select()
    .where({ workspace_id: uuidFromId(workspaceId) })
    .whereRaw('(from_currency, to_currency) IN (SELECT * FROM unnest(?::text[], ?::text[]))', [from, to])
    .where('rated_at', '<=', new Date(untilMs))
    .orderBy('rated_at');
  return rows.map(fromRow);
}

function fromRow(row: Row): StoredRate {
  return {
    rateId: idFromUuid('fxr', row.rate_id),
    from: row.from_currency,
    to: row.to_currency,
    rate: row.rate,
    source: row.source,
    ratedAtMs: row.rated_at.getTime(),
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
  };
}
