import { type DestinationId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { type BoundedList, boundedList } from './bounded-list';

/** The dead letters of one destination that have one reason. Times are ISO 8601, of having become a dead letter. */
export type DeadLetterGroup = {
  readonly destinationId: DestinationId;
  readonly reason: string;
  readonly count: number;
  readonly oldest: string;
  readonly newest: string;
};

type Row = { destination_id: string; dead_reason: string; count: number; oldest: Date; newest: Date };

const MAX_GROUPS = 1_000;

/** What of the workspace waits for a replay, the largest groups, largest first. There are few, so there are no pages. */
export async function summariseDeadLetters(
  db: Db,
  workspaceId: WorkspaceId,
): Promise<BoundedList<DeadLetterGroup>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT k.destination_id, k.dead_reason, count(*)::integer AS count, min(k.dead_at) AS oldest,
       max(k.dead_at) AS newest
     FROM postbacks AS k WHERE k.workspace_id = ? AND k.status = 'dead'
     GROUP BY k.destination_id, k.dead_reason ORDER BY count DESC, k.destination_id, k.dead_reason LIMIT ?`,
    [uuidFromId(workspaceId), MAX_GROUPS + 1],
  );
  return boundedList(rows, MAX_GROUPS, (row) => ({
    destinationId: idFromUuid('dst', row.destination_id),
    reason: row.dead_reason,
    count: row.count,
    oldest: row.oldest.toISOString(),
    newest: row.newest.toISOString(),
  }));
}
