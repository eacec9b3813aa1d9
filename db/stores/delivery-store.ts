import {
  type DestinationId,
  idFromUuid,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { DestinationKind, DestinationMethod, RenderedRequest } from '../../domain/postback/render';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';

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
  | { readonly kind: 'closed'; readonly status: 'delivered' | 'dead' };

type DutyRow = {
  status: 'pending' | 'delivered' | 'dead';
  workspace_id: string;
  destination_id: string;
  destination_kind: DestinationKind;
  destination_status: 'active' | 'paused' | 'disabled';
  secret: string | null;
  key: string;
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
 */
export async function openAttempt(db: Db, postbackId: PostbackId, nowMs: number): Promise<AttemptOpening> {
  return db.transaction(async (trx) => {
    const duty = await lockDuty(trx, postbackId);
    if (duty.status !== 'pending') return { kind: 'closed', status: duty.status };
    if (duty.destination_status === 'disabled') {
      await markDead(trx, postbackId, 'destination_disabled', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    if (await lockPlayerAndAskExcluded(trx, postbackId, nowMs)) {
      await markDead(trx, postbackId, 'self_excluded', nowMs);
      return { kind: 'closed', status: 'dead' };
    }
    await trx('postback_attempts')
      .where('postback_id', uuidFromId(postbackId))
      .whereNull('finished_at')
      .update({ finished_at: new Date(nowMs), outcome: 'abandoned', reason: 'worker_lost' });
    const attemptNo = await insertAttempt(trx, postbackId, nowMs);
    return { kind: 'opened', attempt: toAttempt(attemptNo, duty) };
  });
}

async function lockDuty(trx: Db, postbackId: PostbackId): Promise<DutyRow> {
  const { rows } = await trx.raw<{ rows: DutyRow[] }>(
    `SELECT p.status, p.workspace_id, p.destination_id, d.kind AS destination_kind,
            d.status AS destination_status, d.secret, p.key, p.url, p.method, p.headers, p.body
     FROM postbacks AS p JOIN destinations AS d ON d.destination_id = p.destination_id
     WHERE p.postback_id = ? FOR UPDATE OF p`,
    [uuidFromId(postbackId)],
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
    secrets: duty.secret === null ? [] : [duty.secret],
  };
}

export type AttemptResult = {
  readonly outcome: Exclude<AttemptOutcome, 'abandoned'>;
  readonly reason: string | null;
  readonly httpStatus: number | null;
  readonly latencyMs: number;
  readonly excerpt: string;
};

/**
 * Records how an attempt ended and moves the postback: delivered, or dead when the destination refused for good.
 * A destination that answers "gone" is disabled. A delivery that another attempt has already ended stays ended.
 */
export async function closeAttempt(
  db: Db,
  postbackId: PostbackId,
  attempt: OpenedAttempt,
  result: AttemptResult,
  nowMs: number,
): Promise<void> {
  await db.transaction(async (trx) => {
    // The postback before its attempts, as in openAttempt, or the two wait for each other in a circle.
    await trx.raw('SELECT 1 FROM postbacks WHERE postback_id = ? FOR UPDATE', [uuidFromId(postbackId)]);
    await trx('postback_attempts')
      .where({ postback_id: uuidFromId(postbackId), attempt_no: attempt.attemptNo })
      .update({
        finished_at: new Date(nowMs),
        outcome: result.outcome,
        reason: result.reason,
        http_status: result.httpStatus,
        latency_ms: result.latencyMs,
        excerpt: result.excerpt,
      });
    switch (result.outcome) {
      case 'delivered':
        await markDelivered(trx, postbackId, nowMs);
        break;
      case 'retry':
        break;
      case 'refused':
        await markDead(trx, postbackId, result.reason ?? 'refused', nowMs);
        break;
      case 'disabled':
        await markDead(trx, postbackId, result.reason ?? 'gone', nowMs);
        await disableDestination(trx, postbackId, attempt, result.reason ?? 'gone', nowMs);
        break;
    }
  });
}

/** Parks a postback as a dead letter; one that was delivered meanwhile stays delivered. */
export async function markDead(db: Db, postbackId: PostbackId, reason: string, nowMs: number): Promise<void> {
  await db('postbacks')
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

async function disableDestination(
  trx: Db,
  postbackId: PostbackId,
  { workspaceId, destinationId }: OpenedAttempt,
  reason: string,
  nowMs: number,
): Promise<void> {
  const disabled = await trx('destinations')
    .where('destination_id', uuidFromId(destinationId))
    .whereNot('status', 'disabled')
    .update({ status: 'disabled', disabled_at: new Date(nowMs), disabled_reason: reason });
  if (disabled === 0) return;
  await recordAudit(trx, {
    workspaceId,
    nowMs,
    actor: 'delivery',
    action: 'destination.disabled',
    subject: destinationId,
    cause: postbackId,
    detail: { reason },
  });
}
