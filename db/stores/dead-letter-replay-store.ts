import { idFromUuid, type PostbackId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { type DeadLetterFilter, deadLetterBindings, MATCHES_DEAD_LETTER } from './dead-letter-filter';
import { MAY_BE_SENT } from './postback-replay-store';
import { NEW_RUN, type NewRun, newRunBindings, startRuns } from './postback-run-store';

/** What a replay of many has done, and what it has left. */
export type ReplayOfMany = {
  readonly queued: readonly { readonly postbackId: PostbackId; readonly run: number }[];
  /** Matching ones that may not be sent now: their player is self-excluded, or their destination is disabled. */
  readonly skipped: number;
  /** Matching ones that could be replayed beyond the limit. */
  readonly remaining: number;
};

/**
 * Puts up to `limit` matching dead letters back to work, oldest first, each as its next run with the same key and
 * body. Call it in a transaction, which joins the rows, their outbox rows and the caller's audit. Of several calls at
 * once each takes its own: a row that another holds is passed over, and one that is replayed is no dead letter.
 */
export async function replayDeadLetters(
  trx: Db,
  workspaceId: WorkspaceId,
  filter: DeadLetterFilter,
  limit: number,
  nowMs: number,
): Promise<ReplayOfMany> {
  const bindings = { ...deadLetterBindings(workspaceId, filter), ...newRunBindings(nowMs), limit };
  const { rows } = await trx.raw<{ rows: NewRun[] }>(
    `WITH chosen AS (
       SELECT p.postback_id FROM postbacks AS p WHERE ${MATCHES_DEAD_LETTER} AND ${MAY_BE_SENT}
       ORDER BY p.postback_id LIMIT :limit FOR UPDATE SKIP LOCKED
     )
     UPDATE postbacks AS p SET status = 'pending', dead_at = NULL, dead_reason = NULL, ${NEW_RUN}
     FROM chosen WHERE p.postback_id = chosen.postback_id
     RETURNING p.postback_id, p.workspace_id, p.run`,
    bindings,
  );
  await startRuns(trx, rows, nowMs);
  const queued = rows.map((row) => ({ postbackId: idFromUuid('pbk', row.postback_id), run: row.run }));
  return { queued, ...(await countLeft(trx, bindings)) };
}

async function countLeft(
  trx: Db,
  bindings: Readonly<Record<string, unknown>>,
): Promise<Pick<ReplayOfMany, 'skipped' | 'remaining'>> {
  const { rows } = await trx.raw<{ rows: { skipped: number; remaining: number }[] }>(
    `SELECT count(*) FILTER (WHERE NOT may_be_sent)::integer AS skipped,
       count(*) FILTER (WHERE may_be_sent)::integer AS remaining
     FROM (SELECT (${MAY_BE_SENT}) AS may_be_sent FROM postbacks AS p WHERE ${MATCHES_DEAD_LETTER}) AS matching`,
    bindings,
  );
  return rows[0] ?? { skipped: 0, remaining: 0 };
}
