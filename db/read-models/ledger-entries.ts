import type { Currency } from '../../domain/currencies';
import {
  type ConversionId,
  type EventId,
  type Id,
  idFromUuid,
  type PartnerId,
  type PayoutId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { Db } from '../knex';
import { nullableId, nullableUuid } from './row-values';

/** One signed amount on one account, and what caused it. Debits are positive. */
export type LedgerEntryView = {
  /** Grows with every entry of the instance. */
  readonly entryId: string;
  readonly journalId: Id<'jrn'>;
  readonly at: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
  /** What a commission line's entry is about and what caused it; null for a payout's. */
  readonly conversionId: ConversionId | null;
  readonly lineId: Id<'lin'> | null;
  /** The revision of the commission line that this entry belongs to. */
  readonly revision: number | null;
  readonly eventId: EventId | null;
  readonly payoutId: PayoutId | null;
};

export type LedgerFilter = {
  readonly account?: string | undefined;
  /** All entries of the journals of this partner's commissions and payouts, both sides. */
  readonly partnerId?: PartnerId | undefined;
  /** Of the time of posting; inclusive. */
  readonly fromMs?: number | undefined;
  /** Of the time of posting; exclusive. */
  readonly toMs?: number | undefined;
};

type Row = {
  entry_id: bigint;
  journal_id: string;
  posted_at: Date;
  account: string;
  amount_minor: bigint;
  currency: Currency;
  reason: string;
  conversion_id: string | null;
  line_id: string | null;
  line_revision: number | null;
  caused_by_event_id: string | null;
  payout_id: string | null;
};

/** Ledger entries of the workspace, oldest first. One statement, whatever their number. */
export async function listLedgerEntries(
  db: Db,
  workspaceId: WorkspaceId,
  filter: LedgerFilter,
  page: { readonly limit: number; readonly afterEntryId: bigint | null },
): Promise<{ items: readonly LedgerEntryView[]; nextEntryId: bigint | null }> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT e.entry_id, e.journal_id, j.posted_at, e.account, e.amount_minor, e.currency, j.reason, l.conversion_id,
       j.line_id, j.line_revision, j.caused_by_event_id, j.payout_id
     FROM ledger_entries AS e
     JOIN ledger_journals AS j ON j.journal_id = e.journal_id
     LEFT JOIN commission_lines AS l ON l.line_id = j.line_id
     LEFT JOIN payouts AS o ON o.payout_id = j.payout_id
     WHERE e.workspace_id = :workspace
       AND (CAST(:account AS text) IS NULL OR e.account = :account)
       AND (CAST(:partner AS uuid) IS NULL OR coalesce(l.partner_id, o.partner_id) = :partner)
       AND (CAST(:from AS timestamptz) IS NULL OR j.posted_at >= :from)
       AND (CAST(:to AS timestamptz) IS NULL OR j.posted_at < :to)
       AND (CAST(:after AS bigint) IS NULL OR e.entry_id > :after)
     ORDER BY e.entry_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      account: filter.account ?? null,
      partner: nullableUuid(filter.partnerId),
      from: filter.fromMs === undefined ? null : new Date(filter.fromMs),
      to: filter.toMs === undefined ? null : new Date(filter.toMs),
      after: page.afterEntryId,
      limit: page.limit + 1,
    },
  );
  const kept = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? kept.at(-1) : undefined;
  return { items: kept.map(toLedgerEntryView), nextEntryId: last?.entry_id ?? null };
}

function toLedgerEntryView(row: Row): LedgerEntryView {
  return {
    entryId: row.entry_id.toString(),
    journalId: idFromUuid('jrn', row.journal_id),
    at: row.posted_at.toISOString(),
    account: row.account,
    amount: formatMinor(row.amount_minor, row.currency),
    currency: row.currency,
    reason: row.reason,
    conversionId: nullableId('cnv', row.conversion_id),
    lineId: nullableId('lin', row.line_id),
    revision: row.line_revision,
    eventId: nullableId('evt', row.caused_by_event_id),
    payoutId: nullableId('pay', row.payout_id),
  };
}
