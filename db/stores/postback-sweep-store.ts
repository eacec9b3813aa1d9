import type { Db } from '../knex';
import { NEW_RUN, type NewRun, newRunBindings, SILENT_MS, startRuns } from './postback-run-store';

/**
 * Gives postbacks whose run is lost a workflow of their own, as a new run, longest overdue first. Every one that was
 * looked at comes again later, the lost ones after twice as long as before: while delivery is away or full, neither are
 * workflows started again and again for the same ones, nor do those keep the others from their turn.
 */
export async function sweepOrphanedPostbacks(db: Db, limit: number, nowMs: number): Promise<number> {
  const { rows } = await db.raw<{ rows: (NewRun & { is_lost: boolean })[] }>(
    `WITH due AS (
       SELECT o.postback_id, o.created_at FROM postbacks AS o
       WHERE o.status = 'pending' AND o.held_at IS NULL AND o.sweep_after <= :now
       ORDER BY o.sweep_after LIMIT :limit FOR UPDATE SKIP LOCKED
     ), known AS (
       SELECT due.postback_id,
         EXISTS (SELECT 1 FROM outbox AS q WHERE q.kind = 'postback' AND q.ref_id = due.postback_id) AS is_queued,
         (SELECT max(a.started_at) FROM postback_attempts AS a WHERE a.postback_id = due.postback_id)
           + CAST(:silent AS interval) AS alive_until,
         CAST(:now AS timestamptz) + greatest(CAST(:untried AS interval),
           least(CAST(:now AS timestamptz) - due.created_at, CAST(:silent AS interval))) AS again_at
       FROM due
     ), judged AS (
       SELECT *, NOT is_queued AND coalesce(alive_until <= :now, true) AS is_lost FROM known
     )
     UPDATE postbacks AS p SET
       run = p.run + CASE WHEN judged.is_lost THEN 1 ELSE 0 END,
       sweep_after = CASE WHEN judged.alive_until > :now THEN judged.alive_until ELSE judged.again_at END
     FROM judged WHERE p.postback_id = judged.postback_id
     RETURNING p.postback_id, p.workspace_id, p.run, judged.is_lost`,
    { ...newRunBindings(nowMs), silent: `${SILENT_MS} milliseconds`, limit },
  );
  const lost = rows.filter((row) => row.is_lost);
  await startRuns(db, lost, nowMs);
  return lost.length;
}

/**
 * Lets go what was held for destinations that are active again, each as a new run: of every destination at most `each`,
 * those held longest first, so that neither it nor the relay gets everything at once. Costs as much as there are
 * destinations for which something is held, however much that is.
 */
export async function releaseHeldPostbacks(
  db: Db,
  { each, limit }: { readonly each: number; readonly limit: number },
  nowMs: number,
): Promise<number> {
  const { rows } = await db.raw<{ rows: NewRun[] }>(
    `WITH RECURSIVE holding AS (
       (SELECT destination_id FROM postbacks WHERE status = 'pending' AND held_at IS NOT NULL
        ORDER BY destination_id LIMIT 1)
       UNION ALL
       SELECT (SELECT o.destination_id FROM postbacks AS o
               WHERE o.status = 'pending' AND o.held_at IS NOT NULL AND o.destination_id > holding.destination_id
               ORDER BY o.destination_id LIMIT 1)
       FROM holding WHERE holding.destination_id IS NOT NULL
     ), chosen AS (
       SELECT held.postback_id FROM holding
       JOIN destinations AS d ON d.destination_id = holding.destination_id AND d.status = 'active'
       CROSS JOIN LATERAL (
         SELECT o.postback_id FROM postbacks AS o
         WHERE o.destination_id = d.destination_id AND o.status = 'pending' AND o.held_at IS NOT NULL
         ORDER BY o.held_at LIMIT :each FOR UPDATE SKIP LOCKED
       ) AS held
       LIMIT :limit
     )
     UPDATE postbacks AS p SET ${NEW_RUN} FROM chosen WHERE p.postback_id = chosen.postback_id
     RETURNING p.postback_id, p.workspace_id, p.run`,
    { ...newRunBindings(nowMs), each, limit },
  );
  await startRuns(db, rows, nowMs);
  return rows.length;
}
