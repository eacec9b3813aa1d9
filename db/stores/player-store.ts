import { type BrandId, idFromUuid, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';

export type LockedPlayer = { readonly playerId: PlayerId; readonly isLinked: boolean };

/**
 * The casino's customer, created on first mention, locked until the transaction ends. The lock makes "is the player
 * linked?" a question with one answer: whoever links it either comes before, or finds what the asker has quarantined.
 */
export async function lockPlayer(
  trx: Db,
  player: { readonly workspaceId: WorkspaceId; readonly brandId: BrandId; readonly externalId: string },
  nowMs: number,
): Promise<LockedPlayer> {
  const key = [uuidFromId(player.workspaceId), uuidFromId(player.brandId), player.externalId];
  await trx.raw(
    `INSERT INTO players (player_id, workspace_id, brand_id, external_id, created_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (workspace_id, brand_id, external_id) DO NOTHING`,
    [uuidFromId(mintId('ply', nowMs)), ...key, new Date(nowMs)],
  );
  const { rows } = await trx.raw<{ rows: { player_id: string; linked_at: Date | null }[] }>(
    `SELECT player_id, linked_at FROM players
     WHERE workspace_id = ? AND brand_id = ? AND external_id = ? FOR NO KEY UPDATE`,
    key,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a player vanished while it was being created');
  return { playerId: idFromUuid('ply', row.player_id), isLinked: row.linked_at !== null };
}

/** Ties the player to the clicks of its events; only the first time counts. The caller holds the player's lock. */
export async function linkPlayer(trx: Db, playerId: PlayerId, nowMs: number): Promise<void> {
  await trx.raw('UPDATE players SET linked_at = ? WHERE player_id = ? AND linked_at IS NULL', [
    new Date(nowMs),
    uuidFromId(playerId),
  ]);
}
