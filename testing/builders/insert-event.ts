import { createHash } from 'node:crypto';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import type { DepositStatus, EventKind } from '../../domain/facts';
import {
  type BrandId,
  type ClickId,
  type EventId,
  type PlayerId,
  type SourceId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';

export type EventFixture = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly sourceId: SourceId;
  readonly kind: EventKind;
  readonly senderEventId?: string;
  readonly transactionKey?: string;
  /** Deposits only; confirmed unless given. */
  readonly status?: DepositStatus;
  /** Chargebacks only. */
  readonly refersTo?: string;
  readonly clickId?: ClickId;
  readonly clickWasKnown?: boolean;
  readonly playerId?: PlayerId;
  readonly amountMinor?: bigint;
  readonly currency?: string;
  readonly occurredAtMs?: number;
  readonly receivedAtMs?: number;
  readonly handledAtMs?: number;
};

/** A receipt and its fact, keyed and not handled yet. Money kinds are 100.00 EUR unless an amount is given. */
export async function insertEvent(db: Db, given: EventFixture): Promise<EventId> {
  const receivedAtMs = given.receivedAtMs ?? Date.now();
  const eventId = mintId('evt', receivedAtMs);
  const senderEventId = given.senderEventId ?? `sender-${eventId}`;
  const transactionKey = given.transactionKey ?? senderEventId;
  const status = given.kind === 'deposit' ? (given.status ?? 'confirmed') : null;
  await db('inbox').insert({
    event_id: uuidFromId(eventId),
    workspace_id: uuidFromId(given.workspaceId),
    brand_id: uuidFromId(given.brandId),
    event_key: [given.kind, transactionKey, status ?? ''].join(':'),
    body_hash: createHash('sha256').update(eventId).digest(),
    received_at: new Date(receivedAtMs),
  });
  await db('events').insert({
    event_id: uuidFromId(eventId),
    workspace_id: uuidFromId(given.workspaceId),
    brand_id: uuidFromId(given.brandId),
    source_id: uuidFromId(given.sourceId),
    kind: given.kind,
    trust: 'keyed',
    sender_event_id: senderEventId,
    transaction_key: transactionKey,
    status,
    refers_to: given.kind === 'chargeback' ? (given.refersTo ?? 'unknown-deposit') : null,
    click_ref: given.clickId ?? null,
    click_id: given.clickId === undefined ? null : uuidFromId(given.clickId),
    click_was_known: given.clickWasKnown ?? given.clickId !== undefined,
    player_id: given.playerId === undefined ? null : uuidFromId(given.playerId),
    ...moneyColumns(given),
    occurred_at: new Date(given.occurredAtMs ?? receivedAtMs),
    occurred_at_source: 'sender',
    received_at: new Date(receivedAtMs),
    attributes: '{}',
    handled_at: given.handledAtMs === undefined ? null : new Date(given.handledAtMs),
  });
  return eventId;
}

function moneyColumns(given: EventFixture): { amount_minor: string | null; currency: string | null } {
  const hasMoney = given.kind === 'deposit' || given.kind === 'chargeback' || given.amountMinor !== undefined;
  if (!hasMoney) return { amount_minor: null, currency: null };
  return { amount_minor: (given.amountMinor ?? 10_000n).toString(), currency: given.currency ?? 'EUR' };
}

/** Puts an event into quarantine; released when a time of release is given. */
export async function insertQuarantine(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly eventId: EventId;
    readonly reason?: 'unknown_click' | 'unknown_player' | 'unknown_click_and_player' | 'clock_suspect';
    readonly quarantinedAtMs?: number;
    readonly releasedAtMs?: number;
    readonly matchedClickId?: ClickId;
  },
): Promise<void> {
  if (given.releasedAtMs === undefined) {
    await db('events').where('event_id', uuidFromId(given.eventId)).update({ sweep_after: 'infinity' });
  }
  await db('quarantine').insert({
    event_id: uuidFromId(given.eventId),
    workspace_id: uuidFromId(given.workspaceId),
    reason: given.reason ?? 'unknown_click',
    quarantined_at: new Date(given.quarantinedAtMs ?? Date.now()),
    released_at: given.releasedAtMs === undefined ? null : new Date(given.releasedAtMs),
    released_by: given.releasedAtMs === undefined ? null : 'sweep',
    matched_click_id: given.matchedClickId === undefined ? null : uuidFromId(given.matchedClickId),
  });
}
