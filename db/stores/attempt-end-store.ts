import { type PostbackId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import type { AttemptOutcome, OpenedAttempt } from './delivery-store';
import { countFailure, countSuccess, type HealthChange } from './destination-health-store';
import { abandonAttempts, hold, markDead, markDelivered } from './postback-end';
import { SILENT_MS } from './postback-run-store';

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
    if (!isFirstClosing) return { postback: await stayAlive(trx, postbackId, nowMs), destination: null };
    const failed = { ...attempt, postbackId, isGone: result.outcome === 'disabled' };
    const { isDisabled, change } = await countFailure(trx, failed, nowMs);
    if (isDisabled) await markDead(trx, postbackId, 'destination_disabled', nowMs);
    return { postback: await stayAlive(trx, postbackId, nowMs), destination: change };
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

type Standing = AttemptClosing['postback'];

/** Where the postback stands; while that is pending, its run tries again and is not lost. */
async function stayAlive(trx: Db, postbackId: PostbackId, nowMs: number): Promise<Standing> {
  const [row]: { status: Standing }[] = await trx('postbacks')
    .where('postback_id', uuidFromId(postbackId))
    .update({
      sweep_after: trx.raw(`CASE status WHEN 'pending' THEN ? ELSE sweep_after END`, [
        new Date(nowMs + SILENT_MS),
      ]),
    })
    .returning('status');
  if (row === undefined) throw new Error(`postback ${postbackId} does not exist`);
  return row.status;
}

/**
 * Parks a postback whose time is up, unless it was delivered or replayed meanwhile. One to a paused destination is kept
 * instead: a pause costs nobody his time.
 */
export async function giveUp(
  db: Db,
  postbackId: PostbackId,
  reason: string,
  nowMs: number,
  run: number,
): Promise<void> {
  await db.transaction(async (trx) => {
    type Row = { status: Standing; run: number; is_held: boolean };
    const { rows } = await trx.raw<{ rows: Row[] }>(
      `SELECT p.status, p.run, d.status = 'paused' AND NOT p.is_test AS is_held
       FROM postbacks AS p JOIN destinations AS d ON d.destination_id = p.destination_id
       WHERE p.postback_id = ? FOR UPDATE OF p`,
      [uuidFromId(postbackId)],
    );
    const [duty] = rows;
    if (duty === undefined) throw new Error(`postback ${postbackId} does not exist`);
    if (duty.status !== 'pending' || duty.run !== run) return;
    await abandonAttempts(trx, postbackId, nowMs);
    if (duty.is_held) await hold(trx, postbackId, nowMs);
    else await markDead(trx, postbackId, reason, nowMs);
  });
}
