import {
  type DestinationId,
  idFromUuid,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { DestinationKind, DestinationMethod, RenderedRequest } from '../../domain/postback/render';
import type { Db } from '../knex';
import { countFailure, countSuccess, type HealthChange } from './destination-health-store';

/** How an attempt ended. `abandoned`: the worker died in it, so nobody knows what the destination saw. */
export const ATTEMPT_OUTCOMES = ['delivered', 'retry', 'refused', 'disabled', 'abandoned'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export type OpenedAttempt = {
  readonly attemptNo: number;
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly kind: DestinationKind;
  readonly key: string;
  readonly request: RenderedRequest;
  readonly secrets: readonly string[];
};

export type AttemptOpening =
  | { readonly kind: 'opened'; readonly attempt: OpenedAttempt }
  /** Nothing to do: delivered, or parked before or by this call. */
  | { readonly kind: 'closed'; readonly status: 'delivered' | 'dead' }
  /** A later run, such as a replay, works on it. */
  | { readonly kind: 'superseded' };

type DutyRow = {
  status: 'pending' | 'delivered' | 'dead';
  workspace_id: string;
  destination_id: string;
  destination_kind: DestinationKind;
  destination_status: 'active' | 'paused' | 'disabled';
  secret: string | null;
  previous_secret: string | null;
  key: string;
  run: number;
  url: string;
  method: DestinationMethod;
  headers: Record<string, string>;
  body: string | null;
};

/**
 * Opens the next attempt of a postback, in one transaction that commits before anything is sent: whoever looks
 * later sees that the destination may have heard of it. The player is read FOR SHARE, so that an exclusion that is
 * being written is either seen here or waits until the attempt is on record. Nothing is sent for a player who is
 * self-excluded now: the postback is parked, from where it can be replayed when the exclusion is over.
 * With `run`, only the latest run gets an attempt: one that was parked and replayed meanwhile must not be tried twice.
 */
export async function openAttempt(
  db: Db,
  postbackId: PostbackId,
  nowMs: number,
  run?: number,
): Promise<AttemptOpening> {
  return db.transaction(async (trx) => {
    const duty = await lockDuty(trx, postbackId, nowMs);
    if (duty.status === 'pending' && run !== undefined && run !== duty.run) return { kind: 'superseded' };
    await abandonAttempts(trx, postbackId, nowMs);
    if (duty.status !== 'pending') return { kind: 'closed', status: duty.status };
    if (duty.destination_status === 'disabled') {
      await markDead(trx, postbackId, 'destination_disabled', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    if (await lockPlayerAndAskExcluded(trx, postbackId, nowMs)) {
      await markDead(trx, postbackId, 'self_excluded', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    const attemptNo = await insertAttempt(trx, postbackId, nowMs);
    return { kind: 'opened', attempt: toAttempt(attemptNo, duty) };
  });
}

/** Attempts of which nobody has heard: one that still goes on reports its end after all. */
async function abandonAttempts(trx: Db, postbackId: PostbackId, nowMs: number): Promise<void> {
  await trx('postback_attempts')
    .where('postback_id', uuidFromId(postbackId))
    .whereNull('finished_at')
    .update({ finished_at: new Date(nowMs), outcome: 'abandoned', reason: 'worker_lost' });
}

async function lockDuty(trx: Db, postbackId: PostbackId, nowMs: number): Promise<DutyRow> {
  const { rows } = await trx.raw<{ rows: DutyRow[] }>(
    `SELECT p.status, p.workspace_id, p.destination_id, d.kind AS destination_kind,
            d.status AS destination_status, d.secret,
            CASE WHEN d.previous_secret_until > ? THEN d.previous_secret END AS previous_secret,
            p.key, p.run, p.url, p.method, p.headers, p.body
     FROM postbacks AS p JOIN destinations AS d ON d.destination_id = p.destination_id
     WHERE p.postback_id = ? FOR UPDATE OF p`,
    [new Date(nowMs), uuidFromId(postbackId)],
  );
  if (rows[0] === undefined) throw new Error(`postback ${postbackId} does not exist`);
  return rows[0];
}

async function lockPlayerAndAskExcluded(trx: Db, postbackId: PostbackId, nowMs: number): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { is_excluded: boolean }[] }>(
    `SELECT y.excluded_during @> ?::timestamptz AS is_excluded
     FROM players AS y JOIN postbacks AS p ON p.player_id = y.player_id
     WHERE p.postback_id = ? FOR SHARE OF y`,
    [new Date(nowMs), uuidFromId(postbackId)],
  );
  return rows[0]?.is_excluded ?? false;
}

async function insertAttempt(trx: Db, postbackId: PostbackId, nowMs: number): Promise<number> {
  const { rows } = await trx.raw<{ rows: { attempt_no: number }[] }>(
    `INSERT INTO postback_attempts (postback_id, attempt_no, started_at)
     SELECT ?, coalesce(max(attempt_no), 0) + 1, ? FROM postback_attempts WHERE postback_id = ?
     RETURNING attempt_no`,
    [uuidFromId(postbackId), new Date(nowMs), uuidFromId(postbackId)],
  );
  return rows[0]?.attempt_no ?? 1;
}

function toAttempt(attemptNo: number, duty: DutyRow): OpenedAttempt {
  return {
    attemptNo,
    workspaceId: idFromUuid('wsp', duty.workspace_id),
    destinationId: idFromUuid('dst', duty.destination_id),
    kind: duty.destination_kind,
    key: duty.key,
    request: { url: duty.url, method: duty.method, headers: duty.headers, body: duty.body },
    secrets: [duty.secret, duty.previous_secret].filter((secret) => secret !== null),
  };
}

export type AttemptResult = {
  readonly outcome: Exclude<AttemptOutcome, 'abandoned'>;
  readonly reason: string | null;
  readonly httpStatus: number | null;
  readonly latencyMs: number;
  readonly excerpt: string;
};

/** What closing an attempt left: where the postback stands, and what a failure did to the destination. */
export type AttemptClosing = {
  readonly postback: 'pending' | 'delivered' | 'dead';
  readonly destination: HealthChange | null;
};

/**
 * Records how an attempt ended, counts it for or against its destination and moves the postback: delivered, or dead
 * when the destination refused for good or is disabled. A delivery that another attempt has already ended stays
 * ended. Closing an attempt again counts nothing.
 */
export async function closeAttempt(
  db: Db,
  postbackId: PostbackId,
  attempt: OpenedAttempt,
  result: AttemptResult,
  nowMs: number,
): Promise<AttemptClosing> {
  return db.transaction(async (trx) => {
    // The postback before its attempts and its destination, as in db/lock-order.ts.
    await trx.raw('SELECT 1 FROM postbacks WHERE postback_id = ? FOR UPDATE', [uuidFromId(postbackId)]);
    const isFirstClosing = await finishAttempt(trx, postbackId, attempt, result, nowMs);
    if (result.outcome === 'delivered') {
      await markDelivered(trx, postbackId, nowMs);
      if (isFirstClosing) await countSuccess(trx, attempt.destinationId);
      return { postback: 'delivered', destination: null };
    }
    if (result.outcome !== 'retry') await markDead(trx, postbackId, result.reason ?? result.outcome, nowMs);
    if (!isFirstClosing) return { postback: await statusOf(trx, postbackId), destination: null };
    const failed = { ...attempt, postbackId, isGone: result.outcome === 'disabled' };
    const { isDisabled, change } = await countFailure(trx, failed, nowMs);
    if (isDisabled) await markDead(trx, postbackId, 'destination_disabled', nowMs);
    return { postback: await statusOf(trx, postbackId), destination: change };
  });
}

/** False when the attempt was closed before. One given up as abandoned reports its end after all. */
async function finishAttempt(
  trx: Db,
  postbackId: PostbackId,
  { attemptNo }: OpenedAttempt,
  result: AttemptResult,
  nowMs: number,
): Promise<boolean> {
  const finished = await trx('postback_attempts')
    .where({ postback_id: uuidFromId(postbackId), attempt_no: attemptNo })
    .whereRaw(`coalesce(outcome, 'abandoned') = 'abandoned'`)
    .update({
      finished_at: new Date(nowMs),
      outcome: result.outcome,
      reason: result.reason,
      http_status: result.httpStatus,
      latency_ms: result.latencyMs,
      excerpt: result.excerpt,
    });
  return finished > 0;
}

async function statusOf(trx: Db, postbackId: PostbackId): Promise<DutyRow['status']> {
  const row: Pick<DutyRow, 'status'> | undefined = await trx('postbacks')
    .where('postback_id', uuidFromId(postbackId))
    .first('status');
  if (row === undefined) throw new Error(`postback ${postbackId} does not exist`);
  return row.status;
}

/** Parks a postback whose time is up, unless it was delivered or replayed meanwhile. */
export async function giveUp(
  db: Db,
  postbackId: PostbackId,
  reason: string,
  nowMs: number,
  run: number,
): Promise<void> {
  await db.transaction(async (trx) => {
    const duty = await lockDuty(trx, postbackId, nowMs);
    if (duty.status !== 'pending' || duty.run !== run) return;
    await abandonAttempts(trx, postbackId, nowMs);
    await markDead(trx, postbackId, reason, nowMs);
  });
}

/** Parks a postback as a dead letter; one that was delivered meanwhile stays delivered. */
async function markDead(trx: Db, postbackId: PostbackId, reason: string, nowMs: number): Promise<void> {
  await trx('postbacks')
    .where({ postback_id: uuidFromId(postbackId), status: 'pending' })
    .update({ status: 'dead', dead_at: new Date(nowMs), dead_reason: reason });
}

/** A success is a success even when the postback was parked while the destination was answering. */
async function markDelivered(trx: Db, postbackId: PostbackId, nowMs: number): Promise<void> {
  await trx('postbacks')
    .where('postback_id', uuidFromId(postbackId))
    .whereNot('status', 'delivered')
    .update({ status: 'delivered', delivered_at: new Date(nowMs), dead_at: null, dead_reason: null });
}
