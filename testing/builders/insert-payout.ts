import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { type Id, type PartnerId, type PayoutId, uuidFromId, type WorkspaceId } from '../../domain/ids';

/** A payout of 50.00 EUR for one line, with its journal; `lineMinor` null leaves out the line. */
export async function insertPayout(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly partnerId: PartnerId;
    readonly lineId: Id<'lin'>;
    readonly reference?: string;
    readonly lineMinor?: bigint | null;
  },
): Promise<PayoutId> {
  const nowMs = Date.now();
  const { lineMinor = 5_000n } = given;
  const payoutId = mintId('pay', nowMs);
  const ids = { payout_id: uuidFromId(payoutId), workspace_id: uuidFromId(given.workspaceId) };
  const journal = { journal_id: uuidFromId(mintId('jrn', nowMs)), workspace_id: ids.workspace_id };
  await db.transaction(async (trx) => {
    await trx('payouts').insert({
      ...ids,
      partner_id: uuidFromId(given.partnerId),
      currency: 'EUR',
      amount_minor: 5_000n,
      reference: given.reference ?? 'wire-1',
      actor: 'test',
      paid_at: new Date(nowMs),
    });
    if (lineMinor !== null) {
      const line = { payout_id: ids.payout_id, line_id: uuidFromId(given.lineId), line_revision: 1 };
      await trx('payout_lines').insert({ ...line, amount_minor: lineMinor });
    }
    await trx('ledger_journals').insert({ ...journal, ...ids, reason: 'payout', posted_at: new Date(nowMs) });
    await trx('ledger_entries').insert([
      { ...journal, account: `payable:${given.partnerId}`, amount_minor: 5_000n, currency: 'EUR' },
      { ...journal, account: `paid:${given.partnerId}`, amount_minor: -5_000n, currency: 'EUR' },
    ]);
  });
  return payoutId;
}
