import {
  type ClickId,
  type EventId,
  idFromUuid,
  type PlayerId,
  type QuarantineRuleId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { MAX_CLOCK_LEAD_MS } from '../../domain/time';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';
import { excludePlayers } from './exclusion-store';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';
import { lockSubjects, subjectKey } from './subject-lock';

/**
 * Quarantine holds accepted events that cannot be settled yet. An event leaves it once: when its click appears, when
 * its player becomes linked, when our clock has caught up with its time, by a rule, or by an operator's hand.
 *
 * Locks are taken in the order of db/lock-order.ts.
 */

type ReleaseCause =
  | { readonly by: 'click_appeared' | 'player_linked' | 'sweep' }
  | { readonly by: string; readonly matchedClickId: ClickId };

type EventIdRow = { event_id: string };
type EventRow = EventIdRow & { workspace_id: string };

/** The click of an event, in its own workspace: the one an operator matched, else the one that the sender named. */
const JOIN_CLICK = `JOIN clicks AS c ON c.workspace_id = e.workspace_id
  AND c.click_id = coalesce(q.matched_click_id, e.click_id)`;

/**
 * Called when clicks have become visible: releases the events that wait for them, and has those settled again that
 * were taken before their click was there, because it may change whom they belong to.
 */
export async function releaseForClicks(
  db: Db,
  clickIds: readonly ClickId[],
  nowMs: number,
): Promise<{ released: EventId[]; reopened: EventId[] }> {
  if (clickIds.length === 0) return { released: [], reopened: [] };
  const { rows } = await db.raw<{ rows: { event_id: string; is_waiting: boolean }[] }>(
    `SELECT e.event_id, q.event_id IS NOT NULL AND q.released_at IS NULL AS is_waiting
     FROM events AS e
     JOIN clicks AS c ON c.click_id = e.click_id AND c.workspace_id = e.workspace_id
     LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     WHERE e.click_id = ANY(?) AND NOT e.click_was_known
       AND (q.event_id IS NULL OR q.released_at IS NOT NULL OR e.occurred_at <= ?)`,
    [clickIds.map(uuidFromId), latestBelievable(nowMs)],
  );
  // Nearly always: few clicks are overtaken by their events.
  if (rows.length === 0) return { released: [], reopened: [] };
  return db.transaction(async (trx) => {
    const waiting = rows.filter((row) => row.is_waiting).map((row) => row.event_id);
    const settled = rows.filter((row) => !row.is_waiting).map((row) => row.event_id);
    const released = await release(trx, waiting, { by: 'click_appeared' }, nowMs);
    return { released, reopened: await reopen(trx, settled, nowMs) };
  });
}

/** Releases what waits for a player that is linked now; nothing when it is not. */
export async function releaseForPlayer(db: Db, playerId: PlayerId, nowMs: number): Promise<EventId[]> {
  const waiting = await waitingOfPlayers(db, [uuidFromId(playerId)], nowMs);
  if (waiting.length === 0) return [];
  return db.transaction((trx) => release(trx, waiting, { by: 'player_linked' }, nowMs));
}

/** What came of an operator's match. Only `matched` has changed anything. */
export type MatchOutcome =
  | { readonly outcome: 'matched'; readonly released: readonly EventId[] }
  | { readonly outcome: 'not_found' | 'unknown_click' | 'already_released' };

/**
 * An operator says to which click a waiting event belongs. Releases it, links its player, which releases the
 * player's other events, and writes the audit.
 */
export function matchByHand(
  db: Db,
  match: {
    readonly workspaceId: WorkspaceId;
    readonly eventId: EventId;
    readonly clickId: ClickId;
    readonly actor: string;
    /** The id of the request. */
    readonly cause: string;
    readonly nowMs: number;
  },
): Promise<MatchOutcome> {
  return db.transaction(async (trx) => {
    const found = await trx.raw<{ rows: { is_released: boolean; click_is_known: boolean }[] }>(
      `SELECT q.released_at IS NOT NULL AS is_released,
         EXISTS (SELECT 1 FROM clicks AS c WHERE c.click_id = ? AND c.workspace_id = q.workspace_id) AS click_is_known
       FROM quarantine AS q WHERE q.event_id = ? AND q.workspace_id = ?`,
      [uuidFromId(match.clickId), uuidFromId(match.eventId), uuidFromId(match.workspaceId)],
    );
    const state = found.rows[0];
    if (state === undefined) return { outcome: 'not_found' };
    if (!state.click_is_known) return { outcome: 'unknown_click' };
    const cause = { by: match.actor, matchedClickId: match.clickId };
    const released = await release(trx, [uuidFromId(match.eventId)], cause, match.nowMs);
    if (released.length === 0) return { outcome: 'already_released' };
    await recordAudit(trx, {
      ...match,
      action: 'quarantine.matched',
      subject: match.eventId,
      detail: { clickId: match.clickId, released },
    });
    return { outcome: 'matched', released };
  });
}

/**
 * A rule has found to which click a waiting event belongs: as by hand, in the rule's name. Nothing when the rule was
 * switched off meanwhile, or the event released; whoever switches the rule off now waits for this to end.
 */
export function matchByRule(
  db: Db,
  match: {
    readonly workspaceId: WorkspaceId;
    readonly eventId: EventId;
    readonly clickId: ClickId;
    readonly ruleId: QuarantineRuleId;
    readonly nowMs: number;
  },
): Promise<EventId[]> {
  const { workspaceId, eventId, clickId, ruleId, nowMs } = match;
  return db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: unknown[] }>(
      'SELECT FROM quarantine_rules WHERE rule_id = ? AND is_enabled FOR SHARE',
      [uuidFromId(ruleId)],
    );
    if (rows.length === 0) return [];
    const actor = `rule:${ruleId}`;
    const cause = { by: actor, matchedClickId: clickId };
    const released = await release(trx, [uuidFromId(eventId)], cause, nowMs);
    if (released.length === 0) return [];
    await recordAudit(trx, {
      ...{ workspaceId, nowMs, actor, cause: 'waiting', action: 'quarantine.matched', subject: eventId },
      detail: { clickId, released },
    });
    return released;
  });
}

/**
 * Releases up to `limit` events whose click or player has appeared unnoticed, or whose time has come. The triggers
 * above only make this faster: whatever they miss is found here.
 */
export async function sweepQuarantine(db: Db, nowMs: number, limit: number): Promise<EventId[]> {
  const { rows } = await db.raw<{ rows: EventIdRow[] }>(
    `SELECT q.event_id FROM quarantine AS q
     JOIN events AS e ON e.event_id = q.event_id
     LEFT JOIN clicks AS c ON c.click_id = e.click_id AND c.workspace_id = e.workspace_id
     LEFT JOIN players AS p ON p.player_id = e.player_id
     WHERE q.released_at IS NULL AND e.occurred_at <= ?
       AND (c.click_id IS NOT NULL OR p.linked_at IS NOT NULL)
     ORDER BY q.event_id LIMIT ?`,
    [latestBelievable(nowMs), limit],
  );
  const candidates = rows.map((row) => row.event_id);
  const released =
    candidates.length === 0
      ? []
      : await db.transaction((trx) => release(trx, candidates, { by: 'sweep' }, nowMs));
  await renameCaughtUp(db, nowMs);
  return released;
}

/** The one way out of quarantine. Under concurrency exactly one caller releases an event; the others get nothing. */
async function release(
  trx: Db,
  candidates: string[],
  cause: ReleaseCause,
  nowMs: number,
): Promise<EventId[]> {
  if (candidates.length === 0) return [];
  await lockPlayersOf(trx, candidates);
  const { rows } = await trx.raw<{ rows: EventRow[] }>(
    `WITH waiting AS (
       SELECT event_id FROM quarantine WHERE event_id = ANY(?) AND released_at IS NULL
       ORDER BY event_id FOR UPDATE
     )
     UPDATE quarantine AS q SET released_at = ?, released_by = ?, matched_click_id = ?
     FROM waiting WHERE q.event_id = waiting.event_id AND q.released_at IS NULL
     RETURNING q.event_id, q.workspace_id`,
    [
      candidates,
      new Date(nowMs),
      cause.by,
      'matchedClickId' in cause ? uuidFromId(cause.matchedClickId) : null,
    ],
  );
  if (rows.length === 0) return [];
  const released = rows.map((row) => row.event_id);
  await enqueueEvents(trx, rows, nowMs);
  const releasedIds = released.map((id) => idFromUuid('evt', id));
  await excludePlayers(trx, releasedIds);
  const linked = await linkPlayersOf(trx, released, nowMs);
  // Their players are linked by now, so a second round links nobody and this ends.
  const followers = await waitingOfPlayers(trx, linked, nowMs);
  const more = await release(trx, followers, { by: 'player_linked' }, nowMs);
  return [...releasedIds, ...more];
}

async function lockPlayersOf(trx: Db, eventIds: string[]): Promise<void> {
  await trx.raw(
    `SELECT player_id FROM players WHERE player_id IN (SELECT player_id FROM events WHERE event_id = ANY(?))
     ORDER BY player_id FOR NO KEY UPDATE`,
    [eventIds],
  );
}

/** An event may be queued already, by a sweep or because it was not handled yet; it is never queued twice. */
async function enqueueEvents(trx: Db, rows: readonly EventRow[], nowMs: number): Promise<void> {
  const refs = rows.map((row) => ({
    workspaceId: idFromUuid('wsp', row.workspace_id),
    refUuid: row.event_id,
  }));
  await enqueue(trx, 'event', refs, nowMs);
  await trx.raw('SELECT pg_notify(?, ?)', [OUTBOX_CHANNEL, '']);
}

async function linkPlayersOf(trx: Db, eventIds: string[], nowMs: number): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { player_id: string }[] }>(
    `UPDATE players SET linked_at = ? WHERE linked_at IS NULL AND player_id IN (
       SELECT e.player_id FROM events AS e
       JOIN quarantine AS q ON q.event_id = e.event_id
       ${JOIN_CLICK}
       WHERE e.event_id = ANY(?))
     RETURNING player_id`,
    [new Date(nowMs), eventIds],
  );
  return rows.map((row) => row.player_id);
}

async function waitingOfPlayers(db: Db, playerIds: string[], nowMs: number): Promise<string[]> {
  if (playerIds.length === 0) return [];
  const { rows } = await db.raw<{ rows: EventIdRow[] }>(
    `SELECT q.event_id FROM quarantine AS q
     JOIN events AS e ON e.event_id = q.event_id
     JOIN players AS p ON p.player_id = e.player_id
     WHERE e.player_id = ANY(?) AND p.linked_at IS NOT NULL AND q.released_at IS NULL AND e.occurred_at <= ?`,
    [playerIds, latestBelievable(nowMs)],
  );
  return rows.map((row) => row.event_id);
}

/**
 * Has events settled once more. Also those that are not settled yet: the settlement under way may have looked for
 * the click before it was there, so its end is awaited, or it would mark the event as handled after all.
 */
async function reopen(trx: Db, eventIds: string[], nowMs: number): Promise<EventId[]> {
  if (eventIds.length === 0) return [];
  const subjects: (EventRow & { player_id: string | null })[] = await trx('events')
    .whereIn('event_id', eventIds)
    .select('event_id', 'workspace_id', 'player_id');
  await lockSubjects(
    trx,
    subjects.map((row) => subjectKey(idOrNull(row.player_id), idFromUuid('evt', row.event_id))),
  );
  await trx.raw('UPDATE events SET handled_at = NULL WHERE event_id = ANY(?) AND handled_at IS NOT NULL', [
    eventIds,
  ]);
  await enqueueEvents(trx, subjects, nowMs);
  return eventIds.map((id) => idFromUuid('evt', id));
}

function idOrNull(playerUuid: string | null): PlayerId | null {
  return playerUuid === null ? null : idFromUuid('ply', playerUuid);
}

/**
 * An event whose time has come but whose click and player are unknown waits on, under its true reason. A row that
 * somebody holds is being released, or has its turn in the next round.
 */
async function renameCaughtUp(db: Db, nowMs: number): Promise<void> {
  await db.raw(
    `UPDATE quarantine AS q
     SET reason = CASE
       WHEN e.click_ref IS NULL THEN 'unknown_player'
       WHEN e.player_id IS NULL THEN 'unknown_click'
       ELSE 'unknown_click_and_player' END
     FROM (
       SELECT w.event_id FROM quarantine AS w JOIN events AS o ON o.event_id = w.event_id
       WHERE w.reason = 'clock_suspect' AND w.released_at IS NULL AND o.occurred_at <= ?
       FOR UPDATE OF w SKIP LOCKED
     ) AS due
     JOIN events AS e ON e.event_id = due.event_id
     WHERE q.event_id = due.event_id`,
    [latestBelievable(nowMs)],
  );
}

/** Nothing dated later than this may decide money yet. */
function latestBelievable(nowMs: number): Date {
  return new Date(nowMs + MAX_CLOCK_LEAD_MS);
}
