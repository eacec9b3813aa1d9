import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type BrandId,
  type CampaignId,
  type ConversionId,
  type DealId,
  type EventId,
  type Id,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';

export type CommissionFixture = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly conversionId: ConversionId;
  readonly eventId: EventId;
  readonly playerId: PlayerId;
  readonly partnerId: PartnerId;
  readonly campaignId: CampaignId;
  readonly dealId: DealId;
  readonly amountMinor?: bigint;
  readonly currency?: string;
  readonly postedAtMs?: number;
};

/** A CPA line in its first revision with the journal that books it; 50.00 EUR unless given. */
export async function insertCommission(db: Db, given: CommissionFixture): Promise<Id<'lin'>> {
  const postedAtMs = given.postedAtMs ?? Date.now();
  const lineId = mintId('lin', postedAtMs);
  const amountMinor = given.amountMinor ?? 5_000n;
  await db('commission_lines').insert({
    line_id: uuidFromId(lineId),
    workspace_id: uuidFromId(given.workspaceId),
    brand_id: uuidFromId(given.brandId),
    conversion_id: uuidFromId(given.conversionId),
    player_id: uuidFromId(given.playerId),
    partner_id: uuidFromId(given.partnerId),
    campaign_id: uuidFromId(given.campaignId),
    kind: 'cpa',
    deal_id: uuidFromId(given.dealId),
    amount_minor: amountMinor.toString(),
    currency: given.currency ?? 'EUR',
    revision: 1,
    reason: 'first_deposit',
    updated_at: new Date(postedAtMs),
  });
  await bookLine(db, { ...given, lineId, amountMinor, postedAtMs, revision: 1 });
  return lineId;
}

/** Takes a booked line back whole: amount zero, one revision up, and the reversing journal. */
export async function reverseCommission(
  db: Db,
  lineId: Id<'lin'>,
  given: { readonly eventId: EventId; readonly postedAtMs?: number },
): Promise<void> {
  const line = await db('commission_lines')
    .where({ line_id: uuidFromId(lineId) })
    .first();
  await db('commission_lines')
    .where({ line_id: uuidFromId(lineId) })
    .update({ amount_minor: 0n, revision: line.revision + 1, reason: 'deposit_taken_back' });
  await bookLine(db, {
    workspaceId: idFromUuid('wsp', line.workspace_id),
    partnerId: idFromUuid('ptn', line.partner_id),
    campaignId: idFromUuid('cmp', line.campaign_id),
    eventId: given.eventId,
    currency: line.currency,
    lineId,
    amountMinor: 0n - BigInt(line.amount_minor),
    postedAtMs: given.postedAtMs ?? Date.now(),
    revision: line.revision + 1,
  });
}

async function bookLine(
  db: Db,
  line: Pick<CommissionFixture, 'workspaceId' | 'partnerId' | 'campaignId' | 'eventId' | 'currency'> & {
    lineId: Id<'lin'>;
    amountMinor: bigint;
    postedAtMs: number;
    revision: number;
  },
): Promise<void> {
  const journal = uuidFromId(mintId('jrn', line.postedAtMs));
  const entry = (account: string, amountMinor: bigint) => ({
    journal_id: journal,
    workspace_id: uuidFromId(line.workspaceId),
    account,
    amount_minor: amountMinor.toString(),
    currency: line.currency ?? 'EUR',
  });
  await db.transaction(async (trx) => {
    await trx('ledger_journals').insert({
      journal_id: journal,
      workspace_id: uuidFromId(line.workspaceId),
      line_id: uuidFromId(line.lineId),
      line_revision: line.revision,
      reason: line.amountMinor > 0n ? 'first_deposit' : 'deposit_taken_back',
      caused_by_event_id: uuidFromId(line.eventId),
      posted_at: new Date(line.postedAtMs),
    });
    await trx('ledger_entries').insert([
      entry(`expense:commission:${line.campaignId}`, line.amountMinor),
      entry(`payable:${line.partnerId}`, -line.amountMinor),
    ]);
  });
}
