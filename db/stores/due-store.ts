import type { PlayerId, WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { enqueueTimers } from './outbox-store';

/**
 * Has the players' books settled again soon though no event of theirs has come, because something else that decides
 * them has changed. A player that is settled meanwhile is only looked at once more.
 */
export async function settleSoon(
  trx: Db,
  workspaceId: WorkspaceId,
  playerIds: readonly PlayerId[],
  nowMs: number,
): Promise<void> {
  if (playerIds.length === 0) return;
  const now = new Date(nowMs);
  await trx.raw(
    `INSERT INTO subjects AS s (subject_key, due_at) SELECT key, ? FROM unnest(?::text[]) AS key ORDER BY key
     ON CONFLICT (subject_key) DO UPDATE SET due_at = least(s.due_at, excluded.due_at)`,
    [now, [...playerIds]],
  );
  await enqueueTimers(
    trx,
    playerIds.map((playerId) => ({ workspaceId, playerId, dueAtMs: nowMs })),
    nowMs,
  );
}
