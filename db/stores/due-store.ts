import { idFromUuid, type PartnerId, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { enqueueTimers, OUTBOX_KEY, timerRun } from './outbox-store';

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

/** Queues the timers of players in a lane of the outbox, in the order of the list; says how many were not queued yet. */
export async function queueTimersOf(
  db: Db,
  timers: readonly { readonly playerId: PlayerId; readonly dueAtMs: number }[],
  lane: number,
  nowMs: number,
): Promise<number> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `INSERT INTO outbox (lane, kind, workspace_id, ref_id, run, available_at)
     SELECT :lane, 'timer', p.workspace_id, p.player_id, due.run, :now
     FROM unnest(CAST(:players AS uuid[]), CAST(:runs AS integer[])) WITH ORDINALITY AS due(player_id, run, nr)
     JOIN players AS p ON p.player_id = due.player_id ORDER BY due.nr
     ON CONFLICT ${OUTBOX_KEY} DO NOTHING RETURNING 1`,
    {
      lane,
      players: timers.map(({ playerId }) => uuidFromId(playerId)),
      runs: timers.map(({ dueAtMs }) => timerRun(dueAtMs)),
      now: new Date(nowMs),
    },
  );
  return rows.length;
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
