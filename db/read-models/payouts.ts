import type { LineKind } from '../../domain/commission/line';
import type { Currency } from '../../domain/currencies';
import {
  type ConversionId,
  type Id,
  idFromUuid,
  type PartnerId,
  type PayoutId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { ConversionKind } from '../../domain/settlement/books';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from './cut-page';
import { type Amount, nullableIso } from './row-values';

/** What was paid to a partner, without its lines. Times are ISO 8601. */
export type PayoutView = {
  readonly payoutId: PayoutId;
  readonly partnerId: PartnerId;
  readonly amount: Amount;
  readonly reference: string;
  /** Only what occurred before this time was paid; null: everything. */
  readonly upTo: string | null;
  readonly note: string | null;
  readonly paidBy: string;
  readonly paidAt: string;
  readonly lineCount: number;
};

/** What was paid for one commission line; negative where more had been paid before. */
export type PayoutLineView = {
  readonly lineId: Id<'lin'>;
  readonly conversionId: ConversionId;
  readonly event: ConversionKind;
  readonly transactionId: string;
  readonly occurredAt: string;
  readonly kind: LineKind;
  readonly amount: string;
  /** The revision of the line that was paid. */
  readonly revision: number;
};

type Row = {
  payout_id: string;
  partner_id: string;
  currency: Currency;
  amount_minor: bigint;
  reference: string;
  up_to: Date | null;
  note: string | null;
  actor: string;
  paid_at: Date;
  line_count: number;
};

const SELECT = `SELECT o.payout_id, o.partner_id, o.currency, o.amount_minor, o.reference, o.up_to, o.note, o.actor,
    o.paid_at, (SELECT count(*)::integer FROM payout_lines AS x WHERE x.payout_id = o.payout_id) AS line_count
  FROM payouts AS o`;

/** A partner's payouts, oldest first. One statement. */
export async function listPayouts(
  db: Db,
  workspaceId: WorkspaceId,
  partnerId: PartnerId,
  page: PageRequest,
): Promise<Page<PayoutView>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `${SELECT} WHERE o.workspace_id = :workspace AND o.partner_id = :partner
       AND (CAST(:after AS uuid) IS NULL OR o.payout_id > :after)
     ORDER BY o.payout_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      partner: uuidFromId(partnerId),
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(rows, page, (row) => row.payout_id, toPayoutView);
}

/** One payout of the workspace with a page of its lines, or null. */
export async function readPayout(
  db: Db,
  workspaceId: WorkspaceId,
  payoutId: PayoutId,
  page: PageRequest,
): Promise<{ readonly payout: PayoutView; readonly lines: Page<PayoutLineView> } | null> {
  const { rows } = await db.raw<{ rows: Row[] }>(`${SELECT} WHERE o.workspace_id = ? AND o.payout_id = ?`, [
    uuidFromId(workspaceId),
    uuidFromId(payoutId),
  ]);
  const row = rows[0];
  if (row === undefined) return null;
  return { payout: toPayoutView(row), lines: await listLines(db, row, page) };
}

type LineRow = {
  line_id: string;
  conversion_id: string;
  event: ConversionKind;
  transaction_key: string;
  occurred_at: Date;
  kind: LineKind;
  amount_minor: bigint;
  line_revision: number;
};

async function listLines(
  db: Db,
  { payout_id, currency }: Row,
  page: PageRequest,
): Promise<Page<PayoutLineView>> {
  const { rows } = await db.raw<{ rows: LineRow[] }>(
    `SELECT x.line_id, l.conversion_id, c.kind AS event, c.transaction_key, c.occurred_at, l.kind, x.amount_minor,
       x.line_revision
     FROM payout_lines AS x
     JOIN commission_lines AS l ON l.line_id = x.line_id
     JOIN conversions AS c ON c.conversion_id = l.conversion_id
     WHERE x.payout_id = :payout AND (CAST(:after AS uuid) IS NULL OR x.line_id > :after)
     ORDER BY x.line_id LIMIT :limit`,
    { payout: payout_id, after: page.afterUuid, limit: page.limit + 1 },
  );
  return cutPage(
    rows,
    page,
    (row) => row.line_id,
    (row) => ({
      lineId: idFromUuid('lin', row.line_id),
      conversionId: idFromUuid('cnv', row.conversion_id),
      event: row.event,
      transactionId: row.transaction_key,
      occurredAt: row.occurred_at.toISOString(),
      kind: row.kind,
      amount: formatMinor(row.amount_minor, currency),
      revision: row.line_revision,
    }),
  );
}

function toPayoutView(row: Row): PayoutView {
  return {
    payoutId: idFromUuid('pay', row.payout_id),
    partnerId: idFromUuid('ptn', row.partner_id),
    amount: { amount: formatMinor(row.amount_minor, row.currency), currency: row.currency },
    reference: row.reference,
    upTo: nullableIso(row.up_to),
    note: row.note,
    paidBy: row.actor,
    paidAt: row.paid_at.toISOString(),
    lineCount: row.line_count,
  };
}
