import { idFromUuid } from '../../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import { enqueue } from './outbox-store';
import { expireHits } from './velocity-store';

/** A postback without a single attempt after this long has no workflow that works on it. */
const NEVER_TRIED_MS = 5 * MINUTE_MS;
/** Longer than any pause between two attempts, which a Retry-After can stretch to six hours. */
const SILENT_MS = 6 * HOUR_MS + 15 * MINUTE_MS;

/**
 * Queues acknowledged events again that are not settled after a minute. Each event waits twice as long as before,
 * so that one which cannot be settled does not fill its workflow's history with repetitions.
 */
export async function sweepUnhandledEvents(db: Db, limit: number, nowMs: number): Promise<number> {
  const { rows } = await db.raw<{ rows: { event_id: string; workspace_id: string }[] }>(
    `UPDATE events AS e SET sweep_after = ?::timestamptz + (?::timestamptz - e.received_at)
     FROM (
       SELECT u.event_id FROM events AS u
       LEFT JOIN quarantine AS q ON q.event_id = u.event_id
       WHERE u.handled_at IS NULL AND u.sweep_after <= ? AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
       ORDER BY u.sweep_after LIMIT ? FOR UPDATE OF u SKIP LOCKED
     ) AS due
     WHERE e.event_id = due.event_id
     RETURNING e.event_id, e.workspace_id`,
    [new Date(nowMs), new Date(nowMs), new Date(nowMs), limit],
  );
  await enqueue(
    db,
    'event',
    rows.map((row) => ({ workspaceId: idFromUuid('wsp', row.workspace_id), refUuid: row.event_id })),
    nowMs,
  );
  return rows.length;
}

/** Gives postbacks that no workflow seems to work on a workflow of their own, as a new run. */
export async function sweepOrphanedPostbacks(db: Db, limit: number, nowMs: number): Promise<number> {
  const { rows } = await db.raw<{ rows: { postback_id: string; workspace_id: string; run: number }[] }>(
    `UPDATE postbacks AS p SET run = p.run + 1
     FROM (
       SELECT o.postback_id FROM postbacks AS o
       LEFT JOIN LATERAL (
         SELECT max(a.started_at) AS last_at FROM postback_attempts AS a WHERE a.postback_id = o.postback_id
       ) AS tried ON true
       WHERE o.status = 'pending' AND coalesce(tried.last_at + ?::interval, o.created_at + ?::interval) <= ?
         AND NOT EXISTS (SELECT 1 FROM outbox AS q WHERE q.kind = 'postback' AND q.ref_id = o.postback_id)
       ORDER BY o.created_at LIMIT ? FOR UPDATE OF o SKIP LOCKED
     ) AS orphan
     WHERE p.postback_id = orphan.postback_id
     RETURNING p.postback_id, p.workspace_id, p.run`,
    [`${SILENT_MS} milliseconds`, `${NEVER_TRIED_MS} milliseconds`, new Date(nowMs), limit],
  );
  await enqueue(
    db,
    'postback',
    rows.map((row) => ({
      workspaceId: idFromUuid('wsp', row.workspace_id),
      refUuid: row.postback_id,
      run: row.run,
    })),
    nowMs,
  );
  return rows.length;
}

const IDEMPOTENCY_LIFE_MS = DAY_MS;
const RAW_LIFE_MS = 30 * DAY_MS;

/** Lets go what may be kept only for a time: answers to idempotent requests, and personal data of raw requests. */
export async function expireKeptData(db: Db, nowMs: number): Promise<void> {
  await db('idempotency_keys')
    .where('created_at', '<', new Date(nowMs - IDEMPOTENCY_LIFE_MS))
    .delete();
  const oldest = lowestUuidAt(nowMs - RAW_LIFE_MS);
  await db('click_raw').where('click_id', '<', oldest).delete();
  await db('impression_raw').where('impression_id', '<', oldest).delete();
  await db('event_raw').where('event_id', '<', oldest).delete();
  await expireHits(db, nowMs);
}
