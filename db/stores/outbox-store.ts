import {
  type ClickId,
  type EventId,
  idFromUuid,
  type OutboxRowId,
  type PlayerId,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../../domain/time';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';
import { rowBatch } from './row-batch';

/** Lanes of the outbox, most urgent first: an event never waits behind a backlog of journey starts. */
export const OUTBOX_LANES = { event: 0, postback: 1, timer: 1, click: 2 } as const;
export type OutboxKind = keyof typeof OUTBOX_LANES;

/** What is started again after Temporal has lost it: it never goes ahead of anything new. */
export const REBUILD_LANE = 3;

/** Lanes that are worked on together, most urgent first. Each group is relayed beside the others. */
export const LANE_GROUPS = {
  events: { first: 0, last: 0 },
  duties: { first: 1, last: 1 },
  starts: { first: 2, last: REBUILD_LANE },
} as const;
export type LaneGroup = keyof typeof LANE_GROUPS;

/** The rows of a number are found by their primary key, which begins with the lane. */
const IN_ANY_LANE = `lane IN (${[...new Set(Object.values(OUTBOX_LANES)), REBUILD_LANE].join(', ')})`;

/** What makes two rows the same, for ON CONFLICT. Clicks on their first way need no key: their own is unique. */
export const OUTBOX_KEY = `(kind, ref_id, run) WHERE lane <> ${OUTBOX_LANES.click}`;

/** The channel on which event and postback rows announce themselves; click rows do not, they are polled. */
export const OUTBOX_CHANNEL = 'outbox';

/** What a row is about. */
export type OutboxSubject = EventId | PostbackId | PlayerId | ClickId;

export type OutboxRow = {
  readonly outboxId: bigint;
  readonly kind: OutboxKind;
  readonly workspaceId: WorkspaceId;
  readonly refUuid: string;
  readonly run: number;
  readonly attempts: number;
};

type ClaimRow = {
  outbox_id: bigint;
  kind: OutboxKind;
  workspace_id: string;
  ref_id: string;
  run: number;
  attempts: number;
};

/**
 * No row is put back for as long as this. What is due later was written by a clock that was ahead, and is due now:
 * otherwise it would wait for as long as that clock was wrong.
 */
const FURTHEST_AHEAD_MS = 5 * MINUTE_MS;

const CLAIMED = 'outbox_id, kind, workspace_id, ref_id, run, attempts';
const IS_DUE = '(available_at <= :now OR available_at > :furthest) AND parked_at IS NULL';

/**
 * Locks up to `limit` due rows of a group of lanes for this transaction, lane by lane, oldest first; of duties, every
 * workspace that has any gets an equal part first, so that whoever replays ten thousand makes nobody else wait. Rows that
 * another relay holds are passed over; when this process dies they are free again at once, because nothing but the lock
 * marks them. Parked rows are left alone.
 */
export async function claimOutbox(
  trx: Db,
  group: LaneGroup,
  limit: number,
  nowMs: number,
): Promise<OutboxRow[]> {
  const at = { now: new Date(nowMs), furthest: new Date(nowMs + FURTHEST_AHEAD_MS) };
  if (group !== 'duties') return (await claimOldest(trx, group, { ...at, limit, taken: [] })).map(fromClaim);
  const parts = await claimParts(trx, { ...at, limit });
  const left = limit - parts.length;
  if (parts.length === 0 || left === 0) return parts.map(fromClaim);
  const taken = parts.map((row) => row.outbox_id.toString());
  const rest = await claimOldest(trx, group, { ...at, limit: left, taken });
  return [...parts, ...rest].map(fromClaim).sort((a, b) => (a.outboxId < b.outboxId ? -1 : 1));
}

type Claim = { readonly now: Date; readonly furthest: Date; readonly limit: number };

async function claimOldest(
  trx: Db,
  group: LaneGroup,
  claim: Claim & { readonly taken: readonly string[] },
): Promise<ClaimRow[]> {
  const { rows } = await trx.raw<{ rows: ClaimRow[] }>(
    `SELECT ${CLAIMED} FROM outbox
     WHERE lane BETWEEN :first AND :last AND ${IS_DUE} AND outbox_id <> ALL(CAST(:taken AS bigint[]))
     ORDER BY lane, outbox_id LIMIT :limit FOR UPDATE SKIP LOCKED`,
    { ...claim, ...LANE_GROUPS[group] },
  );
  return rows;
}

/** Duties of every workspace that has any, oldest first, an equal part of each. */
async function claimParts(trx: Db, claim: Claim): Promise<ClaimRow[]> {
  const { rows } = await trx.raw<{ rows: ClaimRow[] }>(
    `WITH RECURSIVE waiting AS (
       (SELECT workspace_id FROM outbox WHERE lane = :lane AND parked_at IS NULL ORDER BY workspace_id LIMIT 1)
       UNION ALL
       SELECT (SELECT o.workspace_id FROM outbox AS o
               WHERE o.lane = :lane AND o.parked_at IS NULL AND o.workspace_id > waiting.workspace_id
               ORDER BY o.workspace_id LIMIT 1)
       FROM waiting WHERE waiting.workspace_id IS NOT NULL
     )
     SELECT part.* FROM waiting
     CROSS JOIN LATERAL (
       SELECT ${CLAIMED} FROM outbox WHERE lane = :lane AND workspace_id = waiting.workspace_id AND ${IS_DUE}
       ORDER BY outbox_id
       LIMIT (SELECT greatest(1, CAST(:limit AS integer) / count(*)) FROM waiting WHERE workspace_id IS NOT NULL)
       FOR UPDATE SKIP LOCKED
     ) AS part
     LIMIT CAST(:limit AS integer)`,
    { ...claim, lane: LANE_GROUPS.duties.first },
  );
  return rows;
}

function fromClaim(row: ClaimRow): OutboxRow {
  return {
    outboxId: row.outbox_id,
    kind: row.kind,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    refUuid: row.ref_id,
    run: row.run,
    attempts: row.attempts,
  };
}

/** Removes rows that Temporal has taken. */
export async function removeFromOutbox(trx: Db, outboxIds: readonly bigint[]): Promise<void> {
  if (outboxIds.length === 0) return;
  await trx.raw(`DELETE FROM outbox WHERE ${IN_ANY_LANE} AND outbox_id = ANY(?::bigint[])`, [
    outboxIds.map(String),
  ]);
}

const ERROR_MAX = 500;

/** Puts a row back for later, with what went wrong. */
export async function deferOutbox(
  trx: Db,
  outboxId: bigint,
  error: string,
  availableAtMs: number,
): Promise<void> {
  await trx.raw(
    `UPDATE outbox SET attempts = attempts + 1, last_error = ?, available_at = ?
     WHERE ${IN_ANY_LANE} AND outbox_id = ?`,
    [error.slice(0, ERROR_MAX), new Date(availableAtMs), outboxId.toString()],
  );
}

/** Takes a row out of the line, with what went wrong: only a person puts it back. */
export async function parkOutbox(trx: Db, row: OutboxRow, error: string, nowMs: number): Promise<void> {
  const lastError = error.slice(0, ERROR_MAX);
  await trx.raw(
    `UPDATE outbox SET attempts = attempts + 1, last_error = ?, parked_at = ?
     WHERE ${IN_ANY_LANE} AND outbox_id = ?`,
    [lastError, new Date(nowMs), row.outboxId.toString()],
  );
  await recordAudit(trx, {
    ...{ workspaceId: row.workspaceId, nowMs, actor: 'relay', action: 'outbox.parked' },
    subject: subjectOf(row),
    cause: 'tries_exhausted',
    detail: { outboxId: outboxRowId(row.outboxId), kind: row.kind, error: lastError },
  });
}

/** Puts rows back for a moment, because Temporal is busy: nothing is wrong with them. */
export async function postponeOutbox(
  trx: Db,
  outboxIds: readonly bigint[],
  availableAtMs: number,
): Promise<void> {
  if (outboxIds.length === 0) return;
  await trx.raw(`UPDATE outbox SET available_at = ? WHERE ${IN_ANY_LANE} AND outbox_id = ANY(?::bigint[])`, [
    new Date(availableAtMs),
    outboxIds.map(String),
  ]);
}

type Queued = {
  readonly kind: OutboxKind;
  readonly workspaceId: WorkspaceId;
  readonly refUuid: string;
  readonly run?: number;
  readonly nowMs: number;
};

const QUEUED = rowBatch<Queued>([
  ['lane', 'integer', ({ kind }) => OUTBOX_LANES[kind]],
  ['kind', 'text', ({ kind }) => kind],
  ['workspace_id', 'uuid', ({ workspaceId }) => uuidFromId(workspaceId)],
  ['ref_id', 'uuid', ({ refUuid }) => refUuid],
  ['run', 'integer', ({ run }) => run ?? 0],
  ['available_at', 'timestamptz', ({ nowMs }) => nowMs],
]);

/**
 * Queues things for Temporal; what is queued already stays as it is, except that clicks on their first way have no key.
 * In the order of their ids, because a row that another transaction is just queuing makes its second writer wait.
 */
export async function enqueue(
  db: Db,
  kind: OutboxKind,
  refs: readonly { workspaceId: WorkspaceId; refUuid: string; run?: number }[],
  nowMs: number,
): Promise<void> {
  if (refs.length === 0) return;
  const ordered = [...refs].sort((a, b) => (a.refUuid < b.refUuid ? -1 : 1));
  await db.raw(
    `INSERT INTO outbox (lane, kind, workspace_id, ref_id, run, available_at) ${QUEUED.select}
     ON CONFLICT ${OUTBOX_KEY} DO NOTHING`,
    QUEUED.bindings(ordered.map((ref) => ({ ...ref, kind, nowMs }))),
  );
}

/** The id of what a row is about, as everybody outside of the outbox knows it. */
export function subjectOf({ kind, refUuid }: Pick<OutboxRow, 'kind' | 'refUuid'>): OutboxSubject {
  switch (kind) {
    case 'event':
      return idFromUuid('evt', refUuid);
    case 'postback':
      return idFromUuid('pbk', refUuid);
    case 'timer':
      return idFromUuid('ply', refUuid);
    case 'click':
      return idFromUuid('clk', refUuid);
  }
}

/** The id of an outbox row: its number, in the form of all ids. */
export function outboxRowId(outboxId: bigint): OutboxRowId {
  const hex = outboxId.toString(16).padStart(32, '0');
  return idFromUuid(
    'obx',
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  );
}

const LAST_NUMBER = 2n ** 63n - 1n;

/** The number inside an outbox row's id; the last one, which no row has, when the id is none of ours. */
export function outboxNumber(uuid: string): bigint {
  const given = BigInt(`0x${uuid.replaceAll('-', '')}`);
  return given < LAST_NUMBER ? given : LAST_NUMBER;
}

export function postbackIdOf(row: OutboxRow): PostbackId {
  return idFromUuid('pbk', row.refUuid);
}

/** When a player's books change next by time alone. */
export type PlayerTimer = {
  readonly workspaceId: WorkspaceId;
  readonly playerId: PlayerId;
  readonly dueAtMs: number;
};

/**
 * Queues timers for players. The run of each is its time, in seconds of this century, so that a sooner time is a row
 * of its own also while the relay holds the row of a later one.
 */
export async function enqueueTimers(db: Db, timers: readonly PlayerTimer[], nowMs: number): Promise<void> {
  const refs = timers.map(({ workspaceId, playerId, dueAtMs }) => ({
    workspaceId,
    refUuid: uuidFromId(playerId),
    run: timerRun(dueAtMs),
  }));
  await enqueue(db, 'timer', refs, nowMs);
}

/** Seconds since then fit an integer column until 2068. */
const CENTURY_MS = Date.UTC(2000, 0, 1);

/** The run of a timer: its time, in seconds of this century. */
export function timerRun(dueAtMs: number): number {
  return Math.floor((dueAtMs - CENTURY_MS) / SECOND_MS);
}
