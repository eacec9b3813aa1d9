import { touchIdOf } from '../../domain/attribution/touch';
import type { Currency } from '../../domain/currencies';
import type { Touch, Trust } from '../../domain/facts';
import {
  type BrandId,
  type ConversionId,
  type EventId,
  idFromUuid,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Money } from '../../domain/money';
import type { ConversionKind, ConversionStatus, DeservedConversion } from '../../domain/settlement/books';
import { IN_REVIEW } from '../../domain/settlement/rulings';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { type BatchColumn, rowBatch } from './row-batch';

/** A conversion row as far as settlement compares it. */
export type StoredConversion = {
  readonly conversionId: ConversionId;
  readonly kind: ConversionKind;
  readonly transactionKey: string;
  readonly revision: number;
  readonly status: ConversionStatus;
  readonly isFirstDeposit: boolean;
  readonly isInReview: boolean;
  readonly inputsHash: string;
  /** The event that it stands for, and its own time. */
  readonly eventId: EventId;
  readonly occurredAtMs: number;
  readonly trust: Trust;
  readonly value: Money | null;
};

/** Whose conversions: all of a player's, or the one of an event without a player; and why they are settled now. */
export type ConversionOwner = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly playerId: PlayerId | null;
  /** Whose conversion it is when there is no player. */
  readonly ownEventId: EventId;
  /** The event that is being settled; null when only time has passed. */
  readonly causedBy: EventId | null;
};

/** What caused a change to a conversion: the settled event, or the conversion's own when only time has passed. */
export function causeOf(owner: ConversionOwner, deserved: DeservedConversion): EventId {
  return owner.causedBy ?? deserved.fact.eventId;
}

/** Whose conversions, as a column and its value. */
export function ownerColumn({
  playerId,
  ownEventId,
}: Pick<ConversionOwner, 'playerId' | 'ownEventId'>): [column: string, uuid: string] {
  return playerId === null ? ['event_id', uuidFromId(ownEventId)] : ['player_id', uuidFromId(playerId)];
}

type StoredRow = {
  conversion_id: string;
  kind: ConversionKind;
  transaction_key: string;
  revision: number;
  status: ConversionStatus;
  is_first_deposit: boolean;
  review_since: Date | null;
  inputs_hash: string;
  event_id: string;
  occurred_at: Date;
  trust: Trust;
  amount_minor: bigint | null;
  currency: Currency | null;
};

/** With their rows held until the transaction ends, in the order of their ids: a payout marks conversions as paid. */
export async function loadConversions(db: Db, owner: ConversionOwner): Promise<StoredConversion[]> {
  const [column, uuid] = ownerColumn(owner);
  const rows: StoredRow[] = await db('conversions')
    .select(
      'conversion_id',
      'kind',
      'transaction_key',
      'revision',
      'status',
      'is_first_deposit',
      'review_since',
      'inputs_hash',
    )
    .select('event_id', 'occurred_at', 'amount_minor', 'currency')
    .select(db.raw('(SELECT e.trust FROM events AS e WHERE e.event_id = conversions.event_id) AS trust'))
    .where(column, uuid)
    .orderBy('conversion_id')
    .forNoKeyUpdate();
  return rows.map((row) => ({
    conversionId: idFromUuid('cnv', row.conversion_id),
    kind: row.kind,
    transactionKey: row.transaction_key,
    revision: row.revision,
    status: row.status,
    isFirstDeposit: row.is_first_deposit,
    isInReview: row.review_since !== null,
    inputsHash: row.inputs_hash,
    eventId: idFromUuid('evt', row.event_id),
    occurredAtMs: row.occurred_at.getTime(),
    trust: row.trust,
    value:
      row.amount_minor === null || row.currency === null
        ? null
        : { amountMinor: row.amount_minor, currency: row.currency },
  }));
}

/** Holds the owner's conversions before any of them is changed, in the order in which a payout takes them. */
export async function lockConversions(
  db: Db,
  owner: Pick<ConversionOwner, 'playerId' | 'ownEventId'>,
): Promise<void> {
  const [column, uuid] = ownerColumn(owner);
  await db('conversions')
    .select('conversion_id')
    .where(column, uuid)
    .orderBy('conversion_id')
    .forNoKeyUpdate();
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
  const click = leadingCredit(deserved);
  const row = {
    revision,
    event_id: uuidFromId(deserved.fact.eventId),
    click_id: click?.kind === 'click' ? uuidFromId(click.clickId) : null,
    campaign_id: click === null ? null : uuidFromId(click.campaignId),
    status: deserved.status,
    reason: deserved.reason,
    is_first_deposit: deserved.isFirstDeposit,
    occurred_at: new Date(deserved.fact.occurredAtMs),
    amount_minor: deserved.value?.amountMinor ?? null,
    currency: deserved.value?.currency ?? null,
    attribution_model: deserved.model,
    inputs_hash: inputsHash,
    ...reviewColumns(stored, deserved, nowMs),
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
    await db.raw(
      `WITH credits AS (DELETE FROM attribution_credits WHERE conversion_id = ?)
       DELETE FROM losing_touches WHERE conversion_id = ?`,
      [uuidFromId(conversionId), uuidFromId(conversionId)],
    );
  }
  await insertTouches(db, conversionId, deserved);
  return { conversionId, revision };
}

/** The credited touch that stands for the whole: the latest. */
function leadingCredit({ credits }: DeservedConversion): Touch | null {
  return credits.at(-1)?.touch ?? null;
}

/** A review begins when a conversion comes to wait for a person, and is forgotten when it waits no more. */
function reviewColumns(stored: StoredConversion | null, deserved: DeservedConversion, nowMs: number) {
  if (deserved.status !== 'pending' || deserved.reason !== IN_REVIEW) {
    return { review_since: null, review_reminded_at: null };
  }
  return stored?.isInReview ? {} : { review_since: new Date(nowMs), review_reminded_at: null };
}

const TOUCH_COLUMNS: readonly BatchColumn<{ readonly touch: Touch }>[] = [
  ['touch_kind', 'text', ({ touch }) => touch.kind],
  ['touch_id', 'uuid', ({ touch }) => uuidFromId(touchIdOf(touch))],
  ['partner_id', 'uuid', ({ touch }) => (touch.partnerId === null ? null : uuidFromId(touch.partnerId))],
];

const LOSING = rowBatch<DeservedConversion['losing'][number]>([
  ...TOUCH_COLUMNS,
  ['reason', 'text', ({ reason }) => reason],
]);

const CREDITS = rowBatch<DeservedConversion['credits'][number]>([
  ...TOUCH_COLUMNS,
  ['weight_ppm', 'integer', ({ weightPpm }) => weightPpm],
  ['amount_minor', 'bigint', ({ amountMinor }) => amountMinor?.toString() ?? null],
]);

async function insertTouches(
  db: Db,
  conversionId: ConversionId,
  deserved: DeservedConversion,
): Promise<void> {
  const id = uuidFromId(conversionId);
  if (deserved.losing.length > 0) {
    await db.raw(
      `INSERT INTO losing_touches (conversion_id, touch_kind, touch_id, partner_id, reason)
       SELECT ?, given.* FROM (${LOSING.select}) AS given`,
      [id, ...LOSING.bindings(deserved.losing)],
    );
  }
  if (deserved.credits.length > 0) {
    await db.raw(
      `INSERT INTO attribution_credits (conversion_id, touch_kind, touch_id, partner_id, weight_ppm, amount_minor)
       SELECT ?, given.* FROM (${CREDITS.select}) AS given`,
      [id, ...CREDITS.bindings(deserved.credits)],
    );
  }
}
