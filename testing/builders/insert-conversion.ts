import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type BrandId,
  type CampaignId,
  type ClickId,
  type ConversionId,
  type EventId,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { ConversionKind, ConversionStatus } from '../../domain/settlement/books';

export type ConversionFixture = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly eventId: EventId;
  readonly kind: ConversionKind;
  readonly transactionKey?: string;
  readonly playerId?: PlayerId;
  readonly clickId?: ClickId;
  readonly campaignId?: CampaignId;
  readonly status?: ConversionStatus;
  readonly reason?: string;
  readonly isFirstDeposit?: boolean;
  readonly occurredAtMs?: number;
  readonly createdAtMs?: number;
  readonly amountMinor?: bigint;
  readonly currency?: string;
};

/** An approved conversion in its first revision; without credits, which insertCredit adds. */
export async function insertConversion(db: Db, given: ConversionFixture): Promise<ConversionId> {
  const createdAtMs = given.createdAtMs ?? Date.now();
  const createdAt = new Date(createdAtMs);
  const conversionId = mintId('cnv', createdAtMs);
  await db('conversions').insert({
    conversion_id: uuidFromId(conversionId),
    workspace_id: uuidFromId(given.workspaceId),
    brand_id: uuidFromId(given.brandId),
    kind: given.kind,
    transaction_key: given.transactionKey ?? `transaction-${conversionId}`,
    revision: 1,
    event_id: uuidFromId(given.eventId),
    player_id: given.playerId === undefined ? null : uuidFromId(given.playerId),
    click_id: given.clickId === undefined ? null : uuidFromId(given.clickId),
    campaign_id: given.campaignId === undefined ? null : uuidFromId(given.campaignId),
    status: given.status ?? 'approved',
    reason: given.reason ?? null,
    is_first_deposit: given.isFirstDeposit ?? false,
    occurred_at: new Date(given.occurredAtMs ?? createdAtMs),
    amount_minor: given.amountMinor?.toString() ?? null,
    currency: given.amountMinor === undefined ? null : (given.currency ?? 'EUR'),
    attribution_model: 'last_touch',
    inputs_hash: 'test',
    created_at: createdAt,
    updated_at: createdAt,
  });
  return conversionId;
}

/** Credits a conversion to a click; the whole of it unless a weight in parts per million is given. */
export async function insertCredit(
  db: Db,
  given: {
    readonly conversionId: ConversionId;
    readonly clickId: ClickId;
    readonly partnerId?: PartnerId;
    readonly weightPpm?: number;
    readonly amountMinor?: bigint;
  },
): Promise<void> {
  await db('attribution_credits').insert({
    conversion_id: uuidFromId(given.conversionId),
    touch_kind: 'click',
    touch_id: uuidFromId(given.clickId),
    partner_id: given.partnerId === undefined ? null : uuidFromId(given.partnerId),
    weight_ppm: given.weightPpm ?? 1_000_000,
    amount_minor: given.amountMinor?.toString() ?? null,
  });
}
