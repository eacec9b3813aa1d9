import { idFromUuid, type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { nullableUuid } from '../read-models/row-values';
import type { CurrencyPair } from './fx-rate-store';

/**
 * Players with conversions that wait for want of a rate and may find one now: the conversion is in one of the pair's
 * currencies and not before the rate's time. What its deal pays in is not asked, so a player may wait for another rate;
 * settling him again changes nothing then. At most `limit`, in the order of their ids, after `after`.
 */
export async function listPlayersWaitingForRate(
  db: Db,
  workspaceId: WorkspaceId,
  rate: CurrencyPair & { readonly ratedAtMs: number },
  { limit, after }: { readonly limit: number; readonly after?: PlayerId | undefined },
): Promise<PlayerId[]> {
  const { rows } = await db.raw<{ rows: { player_id: string }[] }>(
    `SELECT DISTINCT n.player_id FROM conversions AS n
     WHERE n.workspace_id = :workspace AND n.status = 'pending' AND n.reason = 'currency_mismatch'
       AND n.currency IN (:from, :to) AND n.occurred_at >= :ratedAt AND n.player_id IS NOT NULL
       AND (CAST(:after AS uuid) IS NULL OR n.player_id > :after)
     ORDER BY n.player_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      from: rate.from,
      to: rate.to,
      ratedAt: new Date(rate.ratedAtMs),
      after: nullableUuid(after),
      limit,
    },
  );
  return rows.map((row) => idFromUuid('ply', row.player_id));
}
