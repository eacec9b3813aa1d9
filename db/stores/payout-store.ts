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
import type { ConversionKind } from '../../domain/settlement/books';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { markPaid } from './paid-conversion-store';

/** Of one payout; of more, what occurred up to an earlier time is paid first. */
export const PAYOUT_LINES_MAX = 20_000;
/** As above; it is one entry of the ledger, which holds 64 bits. */
export const PAYOUT_MINOR_MAX = 1_000_000_000_000_000_000n;

/** What somebody wants to pay to a partner. */
export type PayoutOrder = {
  readonly workspaceId: WorkspaceId;
  readonly partnerId: PartnerId;
  readonly currency: Currency;
  readonly reference: string;
  /** Only what occurred before this time; null: everything. */
  readonly upToMs: number | null;
  readonly note: string | null;
  readonly actor: string;
};

/** What one line has to come: what it says now, less what was paid for it. Negative when that was more. */
export type DueLine = {
  readonly lineId: Id<'lin'>;
  readonly conversionId: ConversionId;
  readonly event: ConversionKind;
  readonly transactionKey: string;
  readonly occurredAtMs: number;
  readonly kind: LineKind;
  readonly lineRevision: number;
  readonly dueMinor: bigint;
};

type DueRow = {
  line_id: string;
  conversion_id: string;
  event: ConversionKind;
  transaction_key: string;
  occurred_at: Date;
  kind: LineKind;
  revision: number;
  due_minor: string;
};

// A line that changed its currency has all it was paid in the old one to give back. What is held is not due yet.
const DUE = `SELECT * FROM (
    SELECT l.line_id, l.conversion_id, c.kind AS event, c.transaction_key, c.occurred_at, l.kind, l.revision,
      CASE WHEN l.stage = 'approved' AND l.currency = :currency THEN l.amount_minor ELSE 0 END
        - coalesce(p.paid_minor, 0) AS due_minor
    FROM commission_lines AS l
    JOIN conversions AS c ON c.conversion_id = l.conversion_id
    LEFT JOIN (
      SELECT x.line_id, sum(x.amount_minor) AS paid_minor
      FROM payouts AS o JOIN payout_lines AS x ON x.payout_id = o.payout_id
      WHERE o.partner_id = :partner AND o.currency = :currency GROUP BY x.line_id
    ) AS p ON p.line_id = l.line_id
    WHERE l.partner_id = :partner AND l.workspace_id = :workspace
      AND (CAST(:upTo AS timestamptz) IS NULL OR c.occurred_at < :upTo)
  ) AS every WHERE every.due_minor <> 0`;

/** False when the workspace has no such partner. Payouts to one partner follow each other. */
export async function lockPayee(
  trx: Db,
  { workspaceId, partnerId }: Pick<PayoutOrder, 'workspaceId' | 'partnerId'>,
): Promise<boolean> {
  // Not FOR UPDATE: a settlement that books a first line for the partner may hold what the payout waits for.
  const row = await trx('partners')
    .where({ workspace_id: uuidFromId(workspaceId), partner_id: uuidFromId(partnerId) })
    .forNoKeyUpdate()
    .first<{ partner_id: string } | undefined>('partner_id');
  return row !== undefined;
}

/** A payout that was recorded under a reference. */
export type RecordedPayout = Pick<PayoutOrder, 'currency' | 'upToMs' | 'note'> & {
  readonly payoutId: PayoutId;
};

export async function findPayout(
  db: Db,
  { partnerId, reference }: Pick<PayoutOrder, 'partnerId' | 'reference'>,
): Promise<RecordedPayout | null> {
  type Row = { payout_id: string; currency: Currency; up_to: Date | null; note: string | null };
  const row = await db('payouts')
    .where({ partner_id: uuidFromId(partnerId), reference })
    .first<Row | undefined>('payout_id', 'currency', 'up_to', 'note');
  if (row === undefined) return null;
  return {
    payoutId: idFromUuid('pay', row.payout_id),
    currency: row.currency,
    upToMs: row.up_to?.getTime() ?? null,
    note: row.note,
  };
}

/**
 * What is due to the partner in the currency, at most one line more than a payout may have. Holds the conversions
 * until the transaction ends, in the order of their ids as settlement does, and with them their lines: whoever changes
 * a line holds its conversion. Two statements, so that the second sees what was committed while the first waited.
 * The caller holds the partner's lock, and never a subject's.
 */
export async function lockDueLines(trx: Db, order: PayoutOrder): Promise<DueLine[]> {
  const given = {
    workspace: uuidFromId(order.workspaceId),
    partner: uuidFromId(order.partnerId),
    currency: order.currency,
    upTo: order.upToMs === null ? null : new Date(order.upToMs),
    limit: PAYOUT_LINES_MAX + 1,
  };
  const { rows: held } = await trx.raw<{ rows: { conversion_id: string }[] }>(
    `SELECT c.conversion_id FROM conversions AS c
     WHERE c.conversion_id IN (SELECT due.conversion_id FROM (${DUE}) AS due)
     ORDER BY c.conversion_id LIMIT :limit FOR NO KEY UPDATE OF c`,
    given,
  );
  const { rows } = await trx.raw<{ rows: DueRow[] }>(
    `SELECT * FROM (${DUE}) AS due WHERE due.conversion_id = ANY(:held) ORDER BY due.line_id LIMIT :limit`,
    { ...given, held: held.map((row) => row.conversion_id) },
  );
  return rows.map((row) => ({
    lineId: idFromUuid('lin', row.line_id),
    conversionId: idFromUuid('cnv', row.conversion_id),
    event: row.event,
    transactionKey: row.transaction_key,
    occurredAtMs: row.occurred_at.getTime(),
    kind: row.kind,
    lineRevision: row.revision,
    dueMinor: BigInt(row.due_minor),
  }));
}

/**
 * Records a payout of the due lines, books it as one journal, and marks as paid what is now paid in full. The caller
 * holds what `lockDueLines` holds; their sum is above zero.
 */
export async function recordPayout(
  trx: Db,
  order: PayoutOrder,
  due: readonly DueLine[],
  nowMs: number,
): Promise<PayoutId> {
  const payoutId = mintId('pay', nowMs);
  const amountMinor = due.reduce((sum, line) => sum + line.dueMinor, 0n);
  await trx('payouts').insert({
    payout_id: uuidFromId(payoutId),
    workspace_id: uuidFromId(order.workspaceId),
    partner_id: uuidFromId(order.partnerId),
    currency: order.currency,
    amount_minor: amountMinor,
    reference: order.reference,
    up_to: order.upToMs === null ? null : new Date(order.upToMs),
    note: order.note,
    actor: order.actor,
    paid_at: new Date(nowMs),
  });
  await insertLines(trx, payoutId, due);
  await insertJournal(trx, payoutId, order, amountMinor, nowMs);
  const conversionIds = [...new Set(due.map(({ conversionId }) => conversionId))];
  await markPaid(trx, { ...order, payoutId, conversionIds }, nowMs);
  return payoutId;
}

/** As one statement: a payout may have more lines than a statement may have parameters. */
async function insertLines(trx: Db, payoutId: PayoutId, due: readonly DueLine[]): Promise<void> {
  const rows = due.map(({ lineId, lineRevision, dueMinor }) => ({
    line: uuidFromId(lineId),
    revision: lineRevision,
    amount: dueMinor.toString(),
  }));
  await trx.raw(
    `INSERT INTO payout_lines (payout_id, line_id, line_revision, amount_minor)
     SELECT ?, r.line, r.revision, r.amount
     FROM jsonb_to_recordset(?::jsonb) AS r(line uuid, revision integer, amount bigint)`,
    [uuidFromId(payoutId), JSON.stringify(rows)],
  );
}

/** What was payable is paid. */
async function insertJournal(
  trx: Db,
  payoutId: PayoutId,
  { workspaceId, partnerId, currency }: PayoutOrder,
  amountMinor: bigint,
  nowMs: number,
): Promise<void> {
  const journal = { journal_id: uuidFromId(mintId('jrn', nowMs)), workspace_id: uuidFromId(workspaceId) };
  await trx('ledger_journals').insert({
    ...journal,
    payout_id: uuidFromId(payoutId),
    reason: 'payout',
    posted_at: new Date(nowMs),
  });
  await trx('ledger_entries').insert([
    { ...journal, account: `payable:${partnerId}`, amount_minor: amountMinor, currency },
    { ...journal, account: `paid:${partnerId}`, amount_minor: -amountMinor, currency },
  ]);
}
