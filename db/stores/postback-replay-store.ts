import { type PostbackId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';

export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly run: number }
  | { readonly kind: 'not_dead'; readonly status: 'pending' | 'delivered' }
  | { readonly kind: 'self_excluded' }
  | { readonly kind: 'destination_disabled' }
  | { readonly kind: 'unknown' };

const TO_DISABLED = `EXISTS (SELECT 1 FROM destinations AS d
  WHERE d.destination_id = postbacks.destination_id AND d.status = 'disabled')`;

/**
 * Puts a dead postback back to work as its next run, with the same key and body. Call it in a transaction, which
 * joins the row, its outbox row and the caller's audit. Of several calls at once the first wins; the others wait
 * for its commit and then find the postback pending. Refused while the player is self-excluded, or the
 * destination disabled.
 */
export async function replayPostback(
  trx: Db,
  workspaceId: WorkspaceId,
  postbackId: PostbackId,
  nowMs: number,
): Promise<ReplayOutcome> {
  const ids = { postback_id: uuidFromId(postbackId), workspace_id: uuidFromId(workspaceId) };
  const [replayed]: { run: number }[] = await trx('postbacks')
    .where({ ...ids, status: 'dead' })
    .whereRaw(
      `NOT EXISTS (SELECT 1 FROM players AS y
        WHERE y.player_id = postbacks.player_id AND y.excluded_during @> ?::timestamptz)`,
      [new Date(nowMs)],
    )
    .whereRaw(`NOT ${TO_DISABLED}`)
    .update({ status: 'pending', dead_at: null, dead_reason: null, run: trx.raw('run + 1') })
    .returning('run');
  if (replayed === undefined) {
    type Row = { status: 'pending' | 'delivered' | 'dead'; is_disabled: boolean };
    const row: Row | undefined = await trx('postbacks')
      .where(ids)
      .first('status', trx.raw(`${TO_DISABLED} AS is_disabled`));
    if (row === undefined) return { kind: 'unknown' };
    if (row.status !== 'dead') return { kind: 'not_dead', status: row.status };
    return row.is_disabled ? { kind: 'destination_disabled' } : { kind: 'self_excluded' };
  }
  const ref = { workspaceId, refUuid: ids.postback_id, run: replayed.run };
  await enqueue(trx, 'postback', [ref], nowMs);
  await trx.raw(`SELECT pg_notify(?, '')`, [OUTBOX_CHANNEL]);
  return { kind: 'replayed', run: replayed.run };
}
