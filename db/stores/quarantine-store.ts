import { type ClickId, type EventId, idFromUuid, type PlayerId, uuidFromId } from '../../domain/ids';
import { MAX_CLOCK_LEAD_MS, MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { excludePlayers } from './exclusion-store';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';
import { lockSubjects, subjectKey } from './subject-lock';

/**
 * Quarantine holds accepted events that cannot be settled yet.
 *
 *   waiting    looked for by the sweep, less and less often (`look_again_at`)
 *   expired    its time is over (`expired_at`): nobody looks any more, and all that lets go a waiting one but a rule or
 *              the clock lets it go as well
 *   released   for good (`released_at`): it is queued for settlement like any event
 *
 * Moved by: a click that appears, a player who becomes linked, our clock that has caught up with its time, a rule, an
 * operator's hand; the sweep finds what those have missed. Invariants: an event leaves once, whoever lets it go; while
 * it is here it is in nobody's way: its `sweep_after` is infinite. One transaction lets go RELEASE_PIECE events and
 * those of the players whom that links, once; for whomever there are more, a row of `quarantine_releases` commits with
 * the piece and the sweep goes on, so nothing of the rest depends on who began.
 *
 * Locks are taken in the order of db/lock-order.ts.
 */

/** So many events leave quarantine in one piece: its locks are held for moments, however many wait. */
export const RELEASE_PIECE = 500;

type ReleaseCause =
  | { readonly by: 'click_appeared' | 'player_linked' | 'sweep' }
  | { readonly by: string; readonly matchedClickId: ClickId };

/** A released event is the sweep's after as long as a new one. */
const SWEPT_AFTER_MS = MINUTE_MS;

/** Of whom more waits than one transaction lets go. */
type ReleaseKind = 'player' | 'click';

/** Before every event. */
const FIRST = '00000000-0000-0000-0000-000000000000';

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
  const clickUuids = clickIds.map(uuidFromId);
  const found = await eventsNaming(db, clickUuids, FIRST, RELEASE_PIECE + 1, nowMs);
  // Nearly always: few clicks are overtaken by their events.
  if (found.length === 0) return { released: [], reopened: [] };
  return db.transaction(async (trx) => {
    const outcome = await letGo(trx, found.slice(0, RELEASE_PIECE), nowMs);
    if (found.length > RELEASE_PIECE) await noteRest(trx, 'click', clickUuids);
    return outcome;
  });
}

type NamingRow = EventIdRow & { is_waiting: boolean };

/** Events that came before the click that they name, in the order of their ids after a given one. */
async function eventsNaming(
  db: Db,
  clickUuids: readonly string[],
  after: string,
  limit: number,
  nowMs: number,
): Promise<NamingRow[]> {
  const { rows } = await db.raw<{ rows: NamingRow[] }>(
    // Materialized, or a planner in a hurry for the first rows walks all events in their order.
    `WITH naming AS MATERIALIZED (
       SELECT e.event_id, q.event_id IS NOT NULL AND q.released_at IS NULL AS is_waiting
       FROM events AS e
       JOIN clicks AS c ON c.click_id = e.click_id AND c.workspace_id = e.workspace_id
       LEFT JOIN quarantine AS q ON q.event_id = e.event_id
       WHERE e.click_id = ANY(?) AND NOT e.click_was_known AND e.event_id > ?
         AND (q.event_id IS NULL OR q.released_at IS NOT NULL OR e.occurred_at <= ?)
     )
     SELECT * FROM naming ORDER BY event_id LIMIT ?`,
    [[...clickUuids], after, latestBelievable(nowMs), limit],
  );
  return rows;
}

async function letGo(
  trx: Db,
  found: readonly NamingRow[],
  nowMs: number,
): Promise<{ released: EventId[]; reopened: EventId[] }> {
  const waiting = found.filter((row) => row.is_waiting).map((row) => row.event_id);
  const settled = found.filter((row) => !row.is_waiting).map((row) => row.event_id);
  const released = await release(trx, waiting, { by: 'click_appeared' }, nowMs);
  return { released, reopened: await reopen(trx, settled, nowMs) };
}

/** Releases what waits for those of the players who are linked now. */
export async function releaseForPlayers(
  db: Db,
  playerIds: readonly PlayerId[],
  nowMs: number,
): Promise<EventId[]> {
  const playerUuids = playerIds.map(uuidFromId);
  const waiting = await waitingOfPlayers(db, playerUuids, FIRST, RELEASE_PIECE + 1, nowMs);
  if (waiting.length === 0) return [];
  return db.transaction((trx) => releaseFollowers(trx, playerUuids, waiting, nowMs));
}

/** A piece of what waits for linked players, and a note of the rest. */
async function releaseFollowers(
  trx: Db,
  playerUuids: readonly string[],
  waiting: readonly string[],
  nowMs: number,
): Promise<EventId[]> {
  const released = await release(trx, waiting.slice(0, RELEASE_PIECE), { by: 'player_linked' }, nowMs);
  if (waiting.length > RELEASE_PIECE) await noteRest(trx, 'player', playerUuids);
  return released;
}

/** The rest of theirs is let go by the sweep. Whoever turns out to have none is struck off there. */
async function noteRest(trx: Db, kind: ReleaseKind, refs: readonly string[]): Promise<void> {
  await trx.raw(
    `INSERT INTO quarantine_releases (kind, ref_id) SELECT ?, ref FROM unnest(?::uuid[]) AS ref ORDER BY ref
     ON CONFLICT (kind, ref_id) DO NOTHING`,
    [kind, [...refs]],
  );
}

/** Whoever still waits for more. */
export type Rest = { readonly kind: ReleaseKind; readonly refUuid: string };

/** Who has had the fewest pieces so far, but for those given; null when nobody waits for more. */
export async function nextRest(db: Db, exceptUuids: readonly string[]): Promise<Rest | null> {
  const { rows } = await db.raw<{ rows: { kind: ReleaseKind; ref_id: string }[] }>(
    `SELECT kind, ref_id FROM quarantine_releases WHERE ref_id <> ALL(?::uuid[]) ORDER BY pieces, ref_id LIMIT 1`,
    [[...exceptUuids]],
  );
  return rows[0] === undefined ? null : { kind: rows[0].kind, refUuid: rows[0].ref_id };
}

/**
 * Lets go the next piece of one player or click; null while another process does. When a process dies, it is as if
 * its piece had not begun.
 */
export function releaseRestOf(db: Db, { kind, refUuid }: Rest, nowMs: number): Promise<EventId[] | null> {
  return db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: { after_id: string }[] }>(
      'SELECT after_id FROM quarantine_releases WHERE kind = ? AND ref_id = ? FOR UPDATE SKIP LOCKED',
      [kind, refUuid],
    );
    const [row] = rows;
    if (row === undefined) return null;
    const { released, lastUuid } = await releasePiece(trx, { kind, refUuid }, row.after_id, nowMs);
    if (lastUuid === null) {
      await trx.raw('DELETE FROM quarantine_releases WHERE kind = ? AND ref_id = ?', [kind, refUuid]);
    } else {
      await trx.raw(
        'UPDATE quarantine_releases SET after_id = ?, pieces = pieces + 1 WHERE kind = ? AND ref_id = ?',
        [lastUuid, kind, refUuid],
      );
    }
    return released;
  });
}

/** `lastUuid`: after which the next piece begins; null when there is none. */
async function releasePiece(
  trx: Db,
  { kind, refUuid }: Rest,
  after: string,
  nowMs: number,
): Promise<{ released: EventId[]; lastUuid: string | null }> {
  switch (kind) {
    case 'player': {
      const piece = await waitingOfPlayers(trx, [refUuid], after, RELEASE_PIECE, nowMs);
      const released = await release(trx, piece, { by: 'player_linked' }, nowMs);
      return { released, lastUuid: piece.length < RELEASE_PIECE ? null : (piece.at(-1) ?? null) };
    }
    case 'click': {
      const piece = await eventsNaming(trx, [refUuid], after, RELEASE_PIECE, nowMs);
      const { released } = await letGo(trx, piece, nowMs);
      return { released, lastUuid: piece.length < RELEASE_PIECE ? null : (piece.at(-1)?.event_id ?? null) };
    }
  }
}

/** The one way out of quarantine. Under concurrency exactly one caller releases an event; the others get nothing. */
export async function release(
  trx: Db,
  candidates: readonly string[],
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
      [...candidates],
      new Date(nowMs),
      cause.by,
      'matchedClickId' in cause ? uuidFromId(cause.matchedClickId) : null,
    ],
  );
  if (rows.length === 0) return [];
  const released = rows.map((row) => row.event_id);
  await trx.raw('UPDATE events SET sweep_after = ? WHERE event_id = ANY(?)', [
    new Date(nowMs + SWEPT_AFTER_MS),
    released,
  ]);
  await enqueueEvents(trx, rows, nowMs);
  const releasedIds = released.map((id) => idFromUuid('evt', id));
  await excludePlayers(trx, releasedIds);
  const linked = await linkPlayersOf(trx, released, nowMs);
  // Their players are linked by now, so a second round links nobody and this ends.
  const followers = await waitingOfPlayers(trx, linked, FIRST, RELEASE_PIECE + 1, nowMs);
  return [...releasedIds, ...(await releaseFollowers(trx, linked, followers, nowMs))];
}

async function lockPlayersOf(trx: Db, eventIds: readonly string[]): Promise<void> {
  await trx.raw(
    `SELECT player_id FROM players WHERE player_id IN (SELECT player_id FROM events WHERE event_id = ANY(?))
     ORDER BY player_id FOR NO KEY UPDATE`,
    [[...eventIds]],
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

/** Events of linked players, in the order of their ids after a given one. */
async function waitingOfPlayers(
  db: Db,
  playerUuids: readonly string[],
  after: string,
  limit: number,
  nowMs: number,
): Promise<string[]> {
  if (playerUuids.length === 0) return [];
  const { rows } = await db.raw<{ rows: EventIdRow[] }>(
    `WITH theirs AS MATERIALIZED (
       SELECT e.event_id FROM players AS p JOIN events AS e ON e.player_id = p.player_id
       WHERE p.player_id = ANY(?) AND p.linked_at IS NOT NULL AND e.event_id > ? AND e.occurred_at <= ?
     )
     SELECT t.event_id FROM theirs AS t JOIN quarantine AS q ON q.event_id = t.event_id
     WHERE q.released_at IS NULL ORDER BY t.event_id LIMIT ?`,
    [[...playerUuids], after, latestBelievable(nowMs), limit],
  );
  return rows.map((row) => row.event_id);
}

/**
 * Has events settled once more. Also those that are not settled yet: the settlement under way may have looked for
 * the click before it was there, so its end is awaited, or it would mark the event as handled after all.
 */
async function reopen(trx: Db, eventIds: string[], nowMs: number): Promise<EventId[]> {
  if (eventIds.length === 0) return [];
  const { rows: subjects } = await trx.raw<{ rows: (EventRow & { player_id: string | null })[] }>(
    'SELECT event_id, workspace_id, player_id FROM events WHERE event_id = ANY(?)',
    [eventIds],
  );
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

/** Nothing dated later than this may decide money yet. */
function latestBelievable(nowMs: number): Date {
  return new Date(nowMs + MAX_CLOCK_LEAD_MS);
}
