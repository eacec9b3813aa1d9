import { MAX_CLICK_WINDOW_DAYS } from '../../domain/attribution/models';
import { type ClickId, parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import { queueTimersOf } from './due-store';
import { OUTBOX_KEY, OUTBOX_LANES, REBUILD_LANE } from './outbox-store';
import { NEW_RUN, newRunBindings } from './postback-run-store';

/**
 * What Temporal knew and Postgres can say again, in pieces of one short statement each. A piece ends at a position from
 * which the next one goes on, so a walk may be broken off and repeated: what is queued already stays as it is, and what
 * is started twice is started once.
 */
export const LOST_PARTS = ['events', 'postbacks', 'timers', 'clicks'] as const;
export type LostPart = (typeof LOST_PARTS)[number];

export type Piece = {
  /** Rows that were looked at; fewer than asked for means that the walk is over. */
  readonly seen: number;
  /** Of those, how many Temporal must be told of again. */
  readonly found: number;
  /** Of those, how many were not queued already. Zero in a dry run. */
  readonly queued: number;
  /** Where the next piece begins; null when there is none. */
  readonly position: string | null;
};

export type PieceRequest = {
  /** Null at the beginning. */
  readonly after: string | null;
  readonly rows: number;
  /** Nothing later than this is lost: it found the new Temporal. */
  readonly startedAtMs: number;
  readonly isDryRun: boolean;
};

type PieceRow = { seen: bigint; found: bigint; queued: bigint; position: string | null };

/** The statement of a piece: `chunk` has what was looked at, in the order of `nr`, and what of it is lost. */
function pieceSql(chunk: string, isDryRun: boolean, again = 'SELECT * FROM chunk WHERE is_lost'): string {
  const queued = `, again AS (${again}), queued AS (
    INSERT INTO outbox (lane, kind, workspace_id, ref_id, run, available_at)
    SELECT lane, kind, workspace_id, ref_id, run, :now FROM again ORDER BY nr
    ON CONFLICT ${OUTBOX_KEY} DO NOTHING RETURNING 1
  )`;
  return `WITH chunk AS (${chunk}) ${isDryRun ? '' : queued}
    SELECT count(*) AS seen, count(*) FILTER (WHERE is_lost) AS found,
      ${isDryRun ? '0::bigint' : '(SELECT count(*) FROM queued)'} AS queued,
      (SELECT position FROM chunk ORDER BY nr DESC LIMIT 1) AS position
    FROM chunk`;
}

async function takePiece(db: Db, sql: string, bindings: Record<string, unknown>): Promise<Piece> {
  const { rows } = await db.raw<{ rows: PieceRow[] }>(sql, bindings);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate returned no row');
  const [seen, found, queued] = [Number(row.seen), Number(row.found), Number(row.queued)];
  return { seen, found, queued, position: row.position };
}

/** Before every time and every id, as a position of a walk by both. */
const FIRST = JSON.stringify(['-infinity', '00000000-0000-0000-0000-000000000000']);
/** What a walk by time and id has behind it. */
const AFTER = `(CAST(CAST(:after AS jsonb) ->> 0 AS timestamptz), CAST(CAST(:after AS jsonb) ->> 1 AS uuid))`;

/** Acknowledged events that are not settled and may be, in the order in which the sweep would find them. */
export function requeueEvents(db: Db, request: PieceRequest): Promise<Piece> {
  const chunk = `
    SELECT row_number() OVER (ORDER BY e.sweep_after, e.event_id) AS nr,
      CAST(jsonb_build_array(e.sweep_after, e.event_id) AS text) AS position,
      (q.event_id IS NULL OR q.released_at IS NOT NULL) AS is_lost,
      ${OUTBOX_LANES.event} AS lane, 'event' AS kind, e.workspace_id, e.event_id AS ref_id, 0 AS run
    FROM (
      SELECT event_id, workspace_id, sweep_after FROM events
      WHERE handled_at IS NULL AND (sweep_after, event_id) > ${AFTER} AND received_at <= :now
      ORDER BY sweep_after, event_id LIMIT :rows
    ) AS e
    LEFT JOIN quarantine AS q ON q.event_id = e.event_id`;
  return takePiece(db, pieceSql(chunk, request.isDryRun), walkBindings(request));
}

/**
 * Postbacks that are owed. Each becomes a run of its own, so that the journey which had it, should it settle that event
 * again, leaves it alone. Those that wait for their run are left as they are, and those of paused destinations are not
 * Temporal's to know.
 */
export function requeuePostbacks(db: Db, request: PieceRequest): Promise<Piece> {
  const chunk = `
    SELECT row_number() OVER (ORDER BY p.created_at, p.postback_id) AS nr,
      CAST(jsonb_build_array(p.created_at, p.postback_id) AS text) AS position,
      NOT EXISTS (SELECT 1 FROM outbox AS q WHERE q.kind = 'postback' AND q.ref_id = p.postback_id) AS is_lost,
      p.postback_id
    FROM (
      SELECT postback_id, created_at FROM postbacks
      WHERE status = 'pending' AND held_at IS NULL AND (created_at, postback_id) > ${AFTER} AND created_at <= :now
      ORDER BY created_at, postback_id LIMIT :rows
    ) AS p`;
  // Locked in one order, so that two rebuilds at once cannot wait for each other in a circle.
  const again = `
    UPDATE postbacks AS p SET ${NEW_RUN}
    FROM (
      SELECT o.postback_id, chunk.nr FROM chunk JOIN postbacks AS o ON o.postback_id = chunk.postback_id
      WHERE chunk.is_lost AND o.status = 'pending' AND o.held_at IS NULL ORDER BY o.postback_id FOR UPDATE OF o
    ) AS owed
    WHERE p.postback_id = owed.postback_id
    RETURNING owed.nr, ${OUTBOX_LANES.postback} AS lane, 'postback' AS kind, p.workspace_id,
      p.postback_id AS ref_id, p.run`;
  const bindings = { ...walkBindings(request), ...newRunBindings(request.startedAtMs) };
  return takePiece(db, pieceSql(chunk, request.isDryRun, again), bindings);
}

function walkBindings({ after, rows, startedAtMs }: PieceRequest): Record<string, unknown> {
  return { after: after ?? FIRST, rows, now: new Date(startedAtMs) };
}

/** Before every time and every key, as a position of the walk over the timers. */
const FIRST_TIMER = JSON.stringify(['-infinity', '']);

/**
 * Players whose books change by time alone, soonest first. What is due of an event without a player had no timer: the
 * sweep settles it.
 */
export async function requeueTimers(db: Db, request: PieceRequest): Promise<Piece> {
  type Row = { subject_key: string; due_at: Date; position: string };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT subject_key, due_at, CAST(jsonb_build_array(due_at, subject_key) AS text) AS position FROM subjects
     WHERE due_at IS NOT NULL AND (due_at, subject_key) >
       (CAST(CAST(:after AS jsonb) ->> 0 AS timestamptz), CAST(:after AS jsonb) ->> 1)
     ORDER BY due_at, subject_key LIMIT :rows`,
    { after: request.after ?? FIRST_TIMER, rows: request.rows },
  );
  const timers = rows.flatMap(({ subject_key, due_at }) => {
    const playerId = parseId('ply', subject_key);
    return playerId === null ? [] : [{ playerId, dueAtMs: due_at.getTime() }];
  });
  const queued = request.isDryRun ? 0 : await queueTimersOf(db, timers, REBUILD_LANE, request.startedAtMs);
  return { seen: rows.length, found: timers.length, queued, position: rows.at(-1)?.position ?? null };
}

/**
 * Clicks whose window is open and whose journey is not over, oldest first. A piece is so many rows looked at, not found:
 * among a hundred million clicks of the past, looking for the next open one would be a statement without end.
 */
export function requeueClicks(db: Db, request: PieceRequest): Promise<Piece> {
  const chunk = `
    SELECT row_number() OVER (ORDER BY click_id) AS nr, CAST(click_id AS text) AS position,
      (closed_at IS NULL AND expires_at > :now) AS is_lost,
      ${REBUILD_LANE} AS lane, 'click' AS kind, workspace_id, click_id AS ref_id, 0 AS run
    FROM (
      SELECT click_id, workspace_id, closed_at, expires_at FROM clicks
      WHERE click_id > :after AND click_id < :before ORDER BY click_id LIMIT :rows
    ) AS c`;
  const { startedAtMs, rows } = request;
  return takePiece(db, pieceSql(chunk, request.isDryRun), {
    after: request.after ?? lowestUuidAt(startedAtMs - (MAX_CLICK_WINDOW_DAYS + 1) * DAY_MS),
    before: lowestUuidAt(startedAtMs + 1),
    rows,
    now: new Date(startedAtMs),
  });
}

/** Where the walk over the clicks goes on after this one. */
export function afterClick(clickId: ClickId): string {
  return uuidFromId(clickId);
}

/** The number of the latest row of the outbox; 0 when it is empty. */
export async function latestOutboxRow(db: Db): Promise<bigint> {
  const { rows } = await db.raw<{ rows: { latest: bigint }[] }>(
    `SELECT coalesce(max(of_lane.latest), 0) AS latest FROM generate_series(0, ${REBUILD_LANE}) AS lanes(lane)
     CROSS JOIN LATERAL (SELECT max(o.outbox_id) AS latest FROM outbox AS o WHERE o.lane = lanes.lane) AS of_lane`,
  );
  return rows[0]?.latest ?? 0n;
}

/** How many rows up to this one still have to reach Temporal; parked ones wait for a person and do not count. */
export async function countUpTo(db: Db, outboxId: bigint): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: bigint }[] }>(
    'SELECT count(*) FROM outbox WHERE lane BETWEEN 0 AND ? AND outbox_id <= ? AND parked_at IS NULL',
    [REBUILD_LANE, outboxId.toString()],
  );
  return Number(rows[0]?.count ?? 0n);
}
