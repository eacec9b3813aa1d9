import type { LineStage } from '../../domain/commission/line';
import { isPaidInFull, type LinePayment } from '../../domain/commission/payout';
import type { Currency } from '../../domain/currencies';
import { type ConversionId, idFromUuid, type PayoutId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { recordAudits } from './audit-store';
import { type StoredMoney, selectPaid, toPaid } from './paid-lines';

type Row = {
  conversion_id: string;
  amount_minor: bigint;
  currency: Currency;
  stage: LineStage;
  paid: StoredMoney[];
};

/**
 * Moves those of the conversions to `paid` that are approved and of which every line, whosever it is, was paid in full;
 * each with a revision and an audit entry. The caller holds the conversions.
 */
export async function markPaid(
  trx: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly payoutId: PayoutId;
    readonly reference: string;
    readonly actor: string;
    readonly conversionIds: readonly ConversionId[];
  },
  nowMs: number,
): Promise<void> {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `SELECT l.conversion_id, l.amount_minor, l.currency, l.stage, ${selectPaid('l.line_id')} AS paid
     FROM conversions AS c JOIN commission_lines AS l ON l.conversion_id = c.conversion_id
     WHERE c.conversion_id = ANY(?) AND c.status = 'approved'`,
    [given.conversionIds.map(uuidFromId)],
  );
  const lines = new Map<string, LinePayment[]>();
  for (const row of rows) {
    const { amount_minor: amountMinor, currency, stage } = row;
    const known = lines.get(row.conversion_id) ?? [];
    lines.set(row.conversion_id, [...known, { amountMinor, currency, stage, paid: toPaid(row.paid) }]);
  }
  const paid = [...lines].filter(([, own]) => isPaidInFull(own)).map(([uuid]) => uuid);
  const { rows: changed } = await trx.raw<{ rows: { conversion_id: string; revision: number }[] }>(
    `UPDATE conversions SET status = 'paid', revision = revision + 1, updated_at = ?
     WHERE conversion_id = ANY(?) RETURNING conversion_id, revision`,
    [new Date(nowMs), paid],
  );
  await recordAudits(
    trx,
    changed.map(({ conversion_id, revision }) => ({
      workspaceId: given.workspaceId,
      actor: given.actor,
      action: 'conversion.paid',
      subject: idFromUuid('cnv', conversion_id),
      cause: given.payoutId,
      detail: { revision, status: 'paid', reference: given.reference },
      nowMs,
    })),
  );
}
