import { type PostbackId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { recordAudit } from './audit-store';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';

export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly run: number }
  | { readonly kind: 'not_dead'; readonly status: 'pending' | 'delivered' }
  | { readonly kind: 'unknown' };

/**
 * Puts a dead postback back to work as its next run, with the same key and body. Call it in a transaction: the
 * row, its outbox row and the audit go together. Of several calls at once, the first wins; the others find the
 * postback pending.
 */
export async function replayPostback(
  trx: Db,
  workspaceId: WorkspaceId,
  postbackId: PostbackId,
  given: { readonly actor: string; readonly cause: string; readonly nowMs: number },
): Promise<ReplayOutcome> {
  const ids = { postback_id: uuidFromId(postbackId), workspace_id: uuidFromId(workspaceId) };
  const [replayed]: { run: number }[] = await trx('postbacks')
    .where({ ...ids, status: 'dead' })
    .update({ status: 'pending', dead_at: null, dead_reason: null, run: trx.raw('run + 1') })
    .returning('run');
  if (replayed === undefined) {
    const row: { status: 'pending' | 'delivered' } | undefined = await trx('postbacks')
      .where(ids)
      .first('status');
    return row === undefined ? { kind: 'unknown' } : { kind: 'not_dead', status: row.status };
  }
  const ref = { workspaceId, refUuid: ids.postback_id, run: replayed.run };
  await enqueue(trx, 'postback', [ref], given.nowMs);
  await trx.raw(`SELECT pg_notify(?, '')`, [OUTBOX_CHANNEL]);
  await recordAudit(trx, {
    workspaceId,
    actor: given.actor,
    action: 'postback.replayed',
    subject: postbackId,
    cause: given.cause,
    detail: { run: replayed.run },
    nowMs: given.nowMs,
  });
  return { kind: 'replayed', run: replayed.run };
}
