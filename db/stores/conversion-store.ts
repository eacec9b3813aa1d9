import {
  type BrandId,
  type ConversionId,
  type EventId,
  idFromUuid,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { ConversionKind, ConversionStatus, DeservedConversion } from '../../domain/settlement/books';
import type { Db } from '../knex';
import { mintId } from '../mint-id';

/** A conversion row as far as settlement compares it. */
export type StoredConversion = {
  readonly conversionId: ConversionId;
  readonly kind: ConversionKind;
  readonly transactionKey: string;
  readonly revision: number;
  readonly status: ConversionStatus;
  readonly isFirstDeposit: boolean;
  readonly inputsHash: string;
};

/** Whose conversions: all of a player's, or the one of an event without a player. */
export type ConversionOwner = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly playerId: PlayerId | null;
  readonly eventId: EventId;
};

type StoredRow = {
  conversion_id: string;
  kind: ConversionKind;
  transaction_key: string;
  revision: number;
  status: ConversionStatus;
  is_first_deposit: boolean;
  inputs_hash: string;
};

export async function loadConversions(db: Db, owner: ConversionOwner): Promise<StoredConversion[]> {
  const [column, id] = owner.playerId === null ? ['event_id', owner.eventId] : ['player_id', owner.playerId];
  const rows: StoredRow[] = await db('conversions')
    .select(
      'conversion_id',
      'kind',
      'transaction_key',
      'revision',
      'status',
      'is_first_deposit',
      'inputs_hash',
    )
    .where(column, uuidFromId(id));
  return rows.map((row) => ({
    conversionId: idFromUuid('cnv', row.conversion_id),
    kind: row.kind,
    transactionKey: row.transaction_key,
    revision: row.revision,
    status: row.status,
    isFirstDeposit: row.is_first_deposit,
    inputsHash: row.inputs_hash,
  }));
}

/** Takes the title from a conversion that is the first deposit no more, so that another row can get it. */
export async function clearFirstDeposit(db: Db, conversionId: ConversionId): Promise<void> {
  await db('conversions')
    .where('conversion_id', uuidFromId(conversionId))
    .update({ is_first_deposit: false });
}

/** Writes a conversion's new revision and replaces its credits; makes the row when there was none. */
export async function saveConversion(
  db: Db,
  owner: ConversionOwner,
  stored: StoredConversion | null,
  deserved: DeservedConversion,
  inputsHash: string,
  nowMs: number,
): Promise<{ conversionId: ConversionId; revision: number }> {
  const conversionId = stored?.conversionId ?? mintId('cnv', nowMs);
  const revision = (stored?.revision ?? 0) + 1;
  const touch = deserved.credits[0]?.touch ?? null;
  const row = {
    revision,
    event_id: uuidFromId(deserved.fact.eventId),
    click_id: touch === null ? null : uuidFromId(touch.clickId),
    campaign_id: touch === null ? null : uuidFromId(touch.campaignId),
    status: deserved.status,
    reason: deserved.reason,
    is_first_deposit: deserved.isFirstDeposit,
    occurred_at: new Date(deserved.fact.occurredAtMs),
    amount_minor: deserved.value?.amountMinor ?? null,
    currency: deserved.value?.currency ?? null,
    attribution_model: deserved.model,
    inputs_hash: inputsHash,
    updated_at: new Date(nowMs),
  };
  if (stored === null) {
    await db('conversions').insert({
      ...row,
      conversion_id: uuidFromId(conversionId),
      workspace_id: uuidFromId(owner.workspaceId),
      brand_id: uuidFromId(owner.brandId),
      kind: deserved.kind,
      transaction_key: deserved.transactionKey,
      player_id: owner.playerId === null ? null : uuidFromId(owner.playerId),
      created_at: new Date(nowMs),
    });
  } else {
    await db('conversions').where('conversion_id', uuidFromId(conversionId)).update(row);
    await db('attribution_credits').where('conversion_id', uuidFromId(conversionId)).delete();
  }
  if (deserved.credits.length > 0) {
    await db('attribution_credits').insert(
      deserved.credits.map((credit) => ({
        conversion_id: uuidFromId(conversionId),
        touch_kind: 'click',
        touch_id: uuidFromId(credit.touch.clickId),
        partner_id: credit.touch.partnerId === null ? null : uuidFromId(credit.touch.partnerId),
        weight_ppm: credit.weightPpm,
        amount_minor: credit.amountMinor,
      })),
    );
  }
  return { conversionId, revision };
}
