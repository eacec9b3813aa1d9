import { type PostbackId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { NEW_RUN, type NewRun, newRunBindings, startRuns } from './postback-run-store';

export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly run: number }
  | { readonly kind: 'not_dead'; readonly status: 'pending' | 'delivered' }
  | { readonly kind: 'self_excluded' }
  | { readonly kind: 'destination_disabled' }
  | { readonly kind: 'unknown' };

/** Of a postback `p`, at the time `:now`: neither is its player self-excluded nor its destination disabled. */
export const MAY_BE_SENT = `EXISTS (
    SELECT 1 FROM destinations AS d WHERE d.destination_id = p.destination_id AND d.status <> 'disabled')
  AND NOT EXISTS (
    SELECT 1 FROM players AS y WHERE y.player_id = p.player_id AND y.excluded_during @> CAST(:now AS timestamptz))`;

const TO_DISABLED = `EXISTS (SELECT 1 FROM destinations AS d
  WHERE d.destination_id = postbacks.destination_id AND d.status = 'disabled')`;

/**
 * Puts a dead postback back to work as its next run, with the same key and body. Call it in a transaction, which
 * joins the row, its outbox row and the caller's audit. Of several calls at once the first wins; the others wait
 * for its commit and then find the postback pending. Refused while the player is self-excluded, or the
 * destination disabled; to a paused destination it waits until that is over.
 */
export async function replayPostback(
  trx: Db,
  workspaceId: WorkspaceId,
  postbackId: PostbackId,
  nowMs: number,
): Promise<ReplayOutcome> {
  const ids = { postback_id: uuidFromId(postbackId), workspace_id: uuidFromId(workspaceId) };
  const { rows } = await trx.raw<{ rows: NewRun[] }>(
    `UPDATE postbacks AS p SET status = 'pending', dead_at = NULL, dead_reason = NULL, ${NEW_RUN}
     WHERE p.postback_id = :postback_id AND p.workspace_id = :workspace_id AND p.status = 'dead' AND ${MAY_BE_SENT}
     RETURNING p.postback_id, p.workspace_id, p.run`,
    { ...ids, ...newRunBindings(nowMs) },
  );
  const [replayed] = rows;
  if (replayed === undefined) {
    type Row = { status: 'pending' | 'delivered' | 'dead'; is_disabled: boolean };
    const row: Row | undefined = await trx('postbacks')
      .where(ids)
      .first('status', trx.raw(`${TO_DISABLED} AS is_disabled`));
    if (row === undefined) return { kind: 'unknown' };
    if (row.status !== 'dead') return { kind: 'not_dead', status: row.status };
    return row.is_disabled ? { kind: 'destination_disabled' } : { kind: 'self_excluded' };
  }
  await startRuns(trx, rows, nowMs);
  return { kind: 'replayed', run: replayed.run };
}
