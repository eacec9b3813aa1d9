import { idFromUuid } from '../../domain/ids';
import { MINUTE_MS } from '../../domain/time';
import type { Db } from '../knex';
import { enqueue } from './outbox-store';
import { HAS_NO_OPEN_RULING } from './ruling-store';
import type { SubjectKey } from './subject-lock';

/**
 * Queues acknowledged events again that are not settled after a minute. Each event waits twice as long as before,
 * so that one which cannot be settled does not fill its workflow's history with repetitions. What waits in quarantine
 * is put aside until its release, so it is passed over once and not every minute. Gives how many were queued.
 */
export async function sweepUnhandledEvents(db: Db, limit: number, nowMs: number): Promise<number> {
  const { rows } = await db.raw<{ rows: { event_id: string; workspace_id: string; waits: boolean }[] }>(
    `UPDATE events AS e
     SET sweep_after = CASE WHEN due.waits THEN 'infinity' ELSE CAST(:now AS timestamptz) + (:now - due.since) END
     FROM (
       SELECT u.event_id, q.event_id IS NOT NULL AND q.released_at IS NULL AS waits,
         greatest(u.received_at, q.released_at) AS since
       FROM events AS u
       LEFT JOIN quarantine AS q ON q.event_id = u.event_id
       WHERE u.handled_at IS NULL AND u.sweep_after <= :now
       ORDER BY u.sweep_after LIMIT :limit FOR UPDATE OF u SKIP LOCKED
     ) AS due
     WHERE e.event_id = due.event_id
     RETURNING e.event_id, e.workspace_id, due.waits`,
    { now: new Date(nowMs), limit },
  );
  const lost = rows
    .filter(({ waits }) => !waits)
    .map((row) => ({ workspaceId: idFromUuid('wsp', row.workspace_id), refUuid: row.event_id }));
  await enqueue(db, 'event', lost, nowMs);
  return lost.length;
}

/** Longer than a timer and its workflow take when nothing is wrong. */
const OVERDUE_MS = 2 * MINUTE_MS;

export type OverdueSubject = { readonly key: SubjectKey; readonly dueAtMs: number };

/**
 * Subjects whose time has come and that no timer has settled, longest overdue first: by the time that was noted when
 * they were settled last, and those whose review is overdue by the policy of today, which may have changed since.
 */
export async function findOverdueSubjects(db: Db, limit: number, nowMs: number): Promise<OverdueSubject[]> {
  const earliest = new Map<SubjectKey, OverdueSubject>();
  const found = [...(await findDue(db, limit, nowMs)), ...(await findOverdueReviews(db, limit, nowMs))];
  for (const subject of found.sort((a, b) => a.dueAtMs - b.dueAtMs)) {
    if (!earliest.has(subject.key)) earliest.set(subject.key, subject);
  }
  return [...earliest.values()].slice(0, limit);
}

async function findDue(db: Db, limit: number, nowMs: number): Promise<OverdueSubject[]> {
  const rows: { subject_key: SubjectKey; due_at: Date }[] = await db('subjects')
    .select('subject_key', 'due_at')
    .where('due_at', '<=', new Date(nowMs - OVERDUE_MS))
    .orderBy('due_at')
    .limit(limit);
  return rows.map((row) => ({ key: row.subject_key, dueAtMs: row.due_at.getTime() }));
}

/** One look at what waits for a person, which is little, whatever was ever stored. */
async function findOverdueReviews(db: Db, limit: number, nowMs: number): Promise<OverdueSubject[]> {
  type Row = { player_id: string | null; event_id: string; due_at: Date };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT c.player_id, c.event_id, due.due_at
     FROM conversions AS c
     JOIN workspaces AS w ON w.workspace_id = c.workspace_id
     CROSS JOIN LATERAL (SELECT least(
       CASE WHEN c.review_reminded_at IS NULL THEN c.review_since + w.review_reminder_hours * interval '1 hour' END,
       c.review_since + w.review_timeout_hours * interval '1 hour') AS due_at) AS due
     WHERE c.review_since IS NOT NULL AND due.due_at <= ? AND ${HAS_NO_OPEN_RULING}
     ORDER BY due.due_at LIMIT ?`,
    [new Date(nowMs - OVERDUE_MS), limit],
  );
  return rows.map((row) => ({
    key: row.player_id === null ? idFromUuid('evt', row.event_id) : idFromUuid('ply', row.player_id),
    dueAtMs: row.due_at.getTime(),
  }));
}
