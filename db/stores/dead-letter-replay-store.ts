import { idFromUuid, type PostbackId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { type DeadLetterFilter, deadLetterBindings, MATCHES_DEAD_LETTER } from './dead-letter-filter';
import { enqueue, OUTBOX_CHANNEL } from './outbox-store';

/** What a replay of many has done, and what it has left. */
export type ReplayOfMany = {
  readonly queued: readonly { readonly postbackId: PostbackId; readonly run: number }[];
  /** Matching ones that may not be sent now: their player is self-excluded, or their destination is disabled. */
  readonly skipped: number;
  /** Matching ones that could be replayed beyond the limit. */
  readonly remaining: number;
};

const MAY_BE_SENT = `EXISTS (
    SELECT 1 FROM destinations AS d WHERE d.destination_id = k.destination_id AND d.status <> 'disabled')
  AND NOT EXISTS (
    SELECT 1 FROM players AS y WHERE y.player_id = k.player_id AND y.excluded_during @> CAST(:now AS timestamptz))`;

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
  const bindings = { ...deadLetterBindings(workspaceId, filter), now: new Date(nowMs), limit };
  const { rows } = await trx.raw<{ rows: { postback_id: string; run: number }[] }>(
    `WITH chosen AS (
       SELECT k.postback_id FROM postbacks AS k WHERE ${MATCHES_DEAD_LETTER} AND ${MAY_BE_SENT}
       ORDER BY k.postback_id LIMIT :limit FOR UPDATE SKIP LOCKED
     )
     UPDATE postbacks AS p SET status = 'pending', dead_at = NULL, dead_reason = NULL, run = p.run + 1
     FROM chosen WHERE p.postback_id = chosen.postback_id
     RETURNING p.postback_id, p.run`,
    bindings,
  );
  const refs = rows.map((row) => ({ workspaceId, refUuid: row.postback_id, run: row.run }));
  await enqueue(trx, 'postback', refs, nowMs);
  if (refs.length > 0) await trx.raw(`SELECT pg_notify(?, '')`, [OUTBOX_CHANNEL]);
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
     FROM (SELECT (${MAY_BE_SENT}) AS may_be_sent FROM postbacks AS k WHERE ${MATCHES_DEAD_LETTER}) AS matching`,
    bindings,
  );
  return rows[0] ?? { skipped: 0, remaining: 0 };
}
