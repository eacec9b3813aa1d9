import { AppError } from '../../domain/errors';
import { type ClickId, type EventId, idFromUuid, type PlayerId, parseId, uuidFromId } from '../../domain/ids';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { MAX_CLOCK_LEAD_MS } from '../../domain/time';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { type Duty, dutyOf, type EventQuarantineReason } from './event-duty';
import { eventBodyHash, eventKey } from './event-identity';
import { excludePlayers } from './exclusion-store';
import type { NewEvent } from './new-event';
import { type LockedPlayer, linkPlayer, lockPlayer } from './player-store';
import { releaseForPlayer } from './quarantine-store';
import { findRuleMatches } from './rule-match-store';

/** `id` is ours; of a duplicate it is the id that the first report was given. */
export type Acceptance = { readonly status: 'accepted' | 'duplicate' | 'quarantined'; readonly id: EventId };

/** Of an event whose report was acknowledged before anybody could read it: it keeps its id and its receipt's time. */
export type Acknowledged = { readonly id: EventId; readonly receivedAtMs: number };

/**
 * Takes one reported event, whole or not at all: receipt, fact, raw body and, when its click or player is known, the
 * outbox row. Once this resolves nothing can lose the event. The same fact again is a duplicate however many arrive
 * at once. Throws AppError `event_conflict` for the same key with another content, and for a later status of a
 * deposit or withdrawal that names another player.
 */
export function acceptEvent(
  db: Db,
  event: NewEvent,
  nowMs: number,
  acknowledged?: Acknowledged,
): Promise<Acceptance> {
  return db.transaction(async (trx) => {
    if (event.status !== null) await lockTransaction(trx, event);
    const { id, receivedAtMs } = acknowledged ?? { id: mintId('evt', nowMs), receivedAtMs: nowMs };
    const receipt = await insertReceipt(trx, id, event, receivedAtMs);
    if (receipt === null) return resolveRepeat(trx, event);
    if (event.status !== null) await refuseAnotherPlayer(trx, event);
    const player =
      event.playerExternalId === null
        ? null
        : await lockPlayer(trx, { ...event, externalId: event.playerExternalId }, nowMs);
    const click = await findClick(trx, event);
    const reason = quarantineReason(event, { player, clickIsKnown: click.isKnown }, nowMs);
    // An event that names a click of ours waits for that one; rules take it up when it has waited in vain.
    const match =
      reason !== null && reason !== 'clock_suspect' && receipt.hasRules && click.clickId === null
        ? await matchArrival(trx, id, event, receivedAtMs)
        : null;
    const duty = { id, workspaceId: event.workspaceId, reason, match, nowMs };
    await insertFact(trx, { id, event, player, click, receivedAtMs, duty: dutyOf(duty) });
    if (reason !== null && match?.outcome !== 'matched') return { status: 'quarantined', id };
    if (event.kind === 'self_exclusion') await excludePlayers(trx, [id]);
    if (player !== null && !player.isLinked) {
      await linkPlayer(trx, player.playerId, nowMs);
      await releaseForPlayer(trx, player.playerId, nowMs);
    }
    return { status: 'accepted', id };
  });
}

async function matchArrival(
  trx: Db,
  eventId: EventId,
  event: NewEvent,
  receivedAtMs: number,
): Promise<RuleMatch> {
  const { attributes, raw } = event;
  const occurredAtMs = event.occurredAtMs ?? receivedAtMs;
  const subject = { ...event, eventId, occurredAtMs, attributes, rawBody: raw.body };
  const matches = await findRuleMatches(trx, [subject]);
  return matches.get(eventId) ?? { outcome: 'unmatched', found: 0 };
}

/** Statuses of one transaction come in one at a time: their players can only be compared once the other is visible. */
async function lockTransaction(trx: Db, event: NewEvent): Promise<void> {
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
    ['transaction', event.workspaceId, event.brandId, event.kind, event.transactionKey].join(' '),
  ]);
}

/**
 * Null when the receipt exists already. Waits for a concurrent writer of the same key to commit or give up. Says on
 * the way whether the workspace has rules that might match the event, so that without any they cost no statement.
 */
async function insertReceipt(
  trx: Db,
  id: EventId,
  event: NewEvent,
  receivedAtMs: number,
): Promise<{ readonly hasRules: boolean } | null> {
  const { rows } = await trx.raw<{ rows: { has_rules: boolean }[] }>(
    `INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (workspace_id, brand_id, event_key) DO NOTHING
     RETURNING EXISTS (
       SELECT 1 FROM quarantine_rules AS r
       WHERE r.workspace_id = inbox.workspace_id AND r.is_enabled AND (r.source_id IS NULL OR r.source_id = ?)
     ) AS has_rules`,
    [
      ...[uuidFromId(id), uuidFromId(event.workspaceId), uuidFromId(event.brandId)],
      ...[eventKey(event), eventBodyHash(event), new Date(receivedAtMs), uuidFromId(event.sourceId)],
    ],
  );
  return rows[0] === undefined ? null : { hasRules: rows[0].has_rules };
}

/** A statement of its own, because only a new one sees the row for which the insert has waited. */
async function resolveRepeat(trx: Db, event: NewEvent): Promise<Acceptance> {
  const { rows } = await trx.raw<{ rows: { event_id: string; body_hash: Buffer }[] }>(
    'SELECT event_id, body_hash FROM inbox WHERE workspace_id = ? AND brand_id = ? AND event_key = ?',
    [uuidFromId(event.workspaceId), uuidFromId(event.brandId), eventKey(event)],
  );
  const first = rows[0];
  if (first === undefined) throw new Error('a receipt conflicted with a row that cannot be seen');
  const id = idFromUuid('evt', first.event_id);
  if (first.body_hash.equals(eventBodyHash(event))) return { status: 'duplicate', id };
  throw new AppError(
    'event_conflict',
    `This ${event.kind} was reported before with another content; the first report, ${id}, stands.`,
  );
}

async function refuseAnotherPlayer(trx: Db, event: NewEvent): Promise<void> {
  const { rows } = await trx.raw<{ rows: { external_id: string }[] }>(
    `SELECT p.external_id FROM events AS e JOIN players AS p ON p.player_id = e.player_id
     WHERE e.workspace_id = ? AND e.brand_id = ? AND e.kind = ? AND e.transaction_key = ? AND p.external_id <> ?
     LIMIT 1`,
    [
      ...[uuidFromId(event.workspaceId), uuidFromId(event.brandId), event.kind, event.transactionKey],
      event.playerExternalId ?? '',
    ],
  );
  if (rows.length === 0) return;
  throw new AppError('event_conflict', 'An earlier status of this transaction names another player.', {
    errors: [{ path: 'playerId', message: 'differs from the player of the transaction' }],
  });
}

type NamedClick = {
  /** Null when the sender's text is no click id, or that of another workspace's click. */
  readonly clickId: ClickId | null;
  readonly isKnown: boolean;
};

async function findClick(trx: Db, event: NewEvent): Promise<NamedClick> {
  const clickId = event.clickRef === null ? null : parseId('clk', event.clickRef);
  if (clickId === null) return { clickId: null, isKnown: false };
  const { rows } = await trx.raw<{ rows: { is_ours: boolean }[] }>(
    'SELECT workspace_id = ? AS is_ours FROM clicks WHERE click_id = ?',
    [uuidFromId(event.workspaceId), uuidFromId(clickId)],
  );
  const row = rows[0];
  if (row === undefined) return { clickId, isKnown: false };
  return row.is_ours ? { clickId, isKnown: true } : { clickId: null, isKnown: false };
}

/** Null when the event can be settled: its click is known, or its player already belongs to one. */
function quarantineReason(
  event: NewEvent,
  known: { readonly player: LockedPlayer | null; readonly clickIsKnown: boolean },
  nowMs: number,
): EventQuarantineReason | null {
  if (event.occurredAtMs !== null && event.occurredAtMs > nowMs + MAX_CLOCK_LEAD_MS) return 'clock_suspect';
  if (known.clickIsKnown || known.player?.isLinked === true) return null;
  if (event.clickRef === null) return 'unknown_player';
  return known.player === null ? 'unknown_click' : 'unknown_click_and_player';
}

type Fact = {
  readonly id: EventId;
  readonly event: NewEvent;
  readonly player: { readonly playerId: PlayerId } | null;
  readonly click: NamedClick;
  readonly receivedAtMs: number;
  readonly duty: Duty;
};

/** Fact, raw body and what has to happen next: one statement. */
async function insertFact(trx: Db, { id, event, player, click, receivedAtMs, duty }: Fact): Promise<void> {
  const eventId = uuidFromId(id);
  const workspaceId = uuidFromId(event.workspaceId);
  const receivedAt = new Date(receivedAtMs);
  await trx.raw(
    `WITH fact AS (
       INSERT INTO events (event_id, workspace_id, brand_id, source_id, kind, trust, sender_event_id,
         transaction_key, status, refers_to, click_ref, click_id, click_was_known, player_id, amount_minor, currency,
         occurred_at, occurred_at_source, received_at, attributes, is_test, period_from, period_to, excluded_until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)
     ), raw AS (
       INSERT INTO event_raw (event_id, body, ip, user_agent) VALUES (?, ?::jsonb, ?::inet, ?)
     )
     ${duty.sql}`,
    [
      ...[
        eventId,
        workspaceId,
        uuidFromId(event.brandId),
        uuidFromId(event.sourceId),
        event.kind,
        event.trust,
      ],
      ...[event.senderEventId, event.transactionKey, event.status, event.refersTo, event.clickRef],
      ...[click.clickId === null ? null : uuidFromId(click.clickId), click.isKnown],
      ...[player === null ? null : uuidFromId(player.playerId)],
      ...[event.money?.amountMinor.toString() ?? null, event.money?.currency ?? null],
      ...[event.occurredAtMs === null ? receivedAt : new Date(event.occurredAtMs)],
      ...[
        event.occurredAtMs === null ? 'receipt' : 'sender',
        receivedAt,
        JSON.stringify(event.attributes),
        event.isTest,
      ],
      ...[toDate(event.period?.fromMs), toDate(event.period?.toMs), toDate(event.untilMs)],
      ...[eventId, JSON.stringify(event.raw.body), event.raw.ip, event.raw.userAgent],
      ...duty.bindings,
    ],
  );
}

function toDate(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
