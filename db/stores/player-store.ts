import { type BrandId, idFromUuid, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { rowBatch } from './row-batch';

export type LockedPlayer = { readonly playerId: PlayerId; readonly isLinked: boolean };

/** A casino's customer, as the casino calls it. */
export type NamedPlayer = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly externalId: string;
};

/** One text per player, for maps. */
export function playerName({ workspaceId, brandId, externalId }: NamedPlayer): string {
  return `${workspaceId} ${brandId} ${externalId}`;
}

type Named = NamedPlayer & { readonly nowMs: number };

const PLAYERS = rowBatch<Named>([
  ['player_id', 'uuid', ({ nowMs }) => uuidFromId(mintId('ply', nowMs))],
  ['workspace_id', 'uuid', ({ workspaceId }) => uuidFromId(workspaceId)],
  ['brand_id', 'uuid', ({ brandId }) => uuidFromId(brandId)],
  ['external_id', 'text', ({ externalId }) => externalId],
  ['created_at', 'timestamptz', ({ nowMs }) => nowMs],
]);

type PlayerRow = {
  player_id: string;
  workspace_id: string;
  brand_id: string;
  external_id: string;
  linked_at: Date | null;
};

/**
 * The casino's customers by name, created on first mention, locked until the transaction ends. The lock makes "is the
 * player linked?" a question with one answer: whoever links it either comes before, or finds what the asker has
 * quarantined. New ones are made in the order of their names, in which two batches meet; all are then locked in that of
 * db/lock-order.ts.
 */
export async function lockPlayers(
  trx: Db,
  players: readonly NamedPlayer[],
  nowMs: number,
): Promise<Map<string, LockedPlayer>> {
  if (players.length === 0) return new Map();
  const once = new Map(players.map((player) => [playerName(player), { ...player, nowMs }]));
  const bindings = PLAYERS.bindings([...once.values()]);
  await trx.raw(
    `INSERT INTO players (player_id, workspace_id, brand_id, external_id, created_at)
     ${PLAYERS.select} ORDER BY workspace_id, brand_id, external_id
     ON CONFLICT (workspace_id, brand_id, external_id) DO NOTHING`,
    bindings,
  );
  const { rows } = await trx.raw<{ rows: PlayerRow[] }>(
    `WITH given AS (${PLAYERS.select})
     SELECT p.player_id, p.workspace_id, p.brand_id, p.external_id, p.linked_at FROM given AS g
     JOIN players AS p
       ON p.workspace_id = g.workspace_id AND p.brand_id = g.brand_id AND p.external_id = g.external_id
     ORDER BY p.player_id FOR NO KEY UPDATE OF p`,
    bindings,
  );
  if (rows.length < once.size) throw new Error('a player vanished while it was being created');
  return new Map(rows.map((row) => [playerName(namedBy(row)), toLocked(row)]));
}

function namedBy(row: PlayerRow): NamedPlayer {
  const [workspaceId, brandId] = [idFromUuid('wsp', row.workspace_id), idFromUuid('brd', row.brand_id)];
  return { workspaceId, brandId, externalId: row.external_id };
}

function toLocked(row: PlayerRow): LockedPlayer {
  return { playerId: idFromUuid('ply', row.player_id), isLinked: row.linked_at !== null };
}

/** Ties players to the clicks of their events; only the first time counts. The caller holds the players' locks. */
export async function markLinked(trx: Db, playerIds: readonly PlayerId[], nowMs: number): Promise<void> {
  await trx.raw('UPDATE players SET linked_at = ? WHERE player_id = ANY(?) AND linked_at IS NULL', [
    new Date(nowMs),
    playerIds.map(uuidFromId),
  ]);
}
