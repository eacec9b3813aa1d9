import { type PostbackId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

/** Parks a postback as a dead letter; one that was delivered meanwhile stays delivered. */
export async function markDead(
  trx: Db,
  postbackId: PostbackId,
  reason: string,
  nowMs: number,
): Promise<void> {
  await trx('postbacks')
    .where({ postback_id: uuidFromId(postbackId), status: 'pending' })
    .update({ status: 'dead', dead_at: new Date(nowMs), dead_reason: reason, held_at: null });
}

/** A success is a success even when the postback was parked while the destination was answering. */
export async function markDelivered(trx: Db, postbackId: PostbackId, nowMs: number): Promise<void> {
  await trx('postbacks')
    .where('postback_id', uuidFromId(postbackId))
    .whereNot('status', 'delivered')
    .update({
      ...{ status: 'delivered', delivered_at: new Date(nowMs) },
      ...{ dead_at: null, dead_reason: null, held_at: null },
    });
}

/** Keeps a postback for as long as its destination is paused; the sweep lets it go when that is over. */
export async function hold(trx: Db, postbackId: PostbackId, nowMs: number): Promise<void> {
  await trx('postbacks')
    .where({ postback_id: uuidFromId(postbackId), status: 'pending' })
    .update({ held_at: trx.raw('coalesce(held_at, ?)', [new Date(nowMs)]) });
}

/** Attempts of which nobody has heard: one that still goes on reports its end after all. */
export async function abandonAttempts(trx: Db, postbackId: PostbackId, nowMs: number): Promise<void> {
  await trx('postback_attempts')
    .where('postback_id', uuidFromId(postbackId))
    .whereNull('finished_at')
    .update({ finished_at: new Date(nowMs), outcome: 'abandoned', reason: 'worker_lost' });
}
