import { idFromUuid, type PartnerId, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
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

/** Players of whose conversions a partner is credited with a part: at most `limit`, by their ids, after `after`. */
export async function listPlayersOfPartner(
  db: Db,
  partnerId: PartnerId,
  { limit, after }: { readonly limit: number; readonly after?: PlayerId | undefined },
): Promise<PlayerId[]> {
  const { rows } = await db.raw<{ rows: { player_id: string }[] }>(
    `SELECT DISTINCT n.player_id FROM attribution_credits AS a
     JOIN conversions AS n ON n.conversion_id = a.conversion_id AND n.player_id IS NOT NULL
     WHERE a.partner_id = ? AND (CAST(? AS uuid) IS NULL OR n.player_id > CAST(? AS uuid))
     ORDER BY n.player_id LIMIT ?`,
    [uuidFromId(partnerId), uuidOrNull(after), uuidOrNull(after), limit],
  );
  return rows.map((row) => idFromUuid('ply', row.player_id));
}

function uuidOrNull(playerId: PlayerId | undefined): string | null {
  return playerId === undefined ? null : uuidFromId(playerId);
}
