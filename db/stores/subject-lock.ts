import { type EventId, type PlayerId, parseId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { settlementGate } from './settlement-gate';

/** Whose books are settled: a player's, or those of an event that names none. The key of a row that is locked. */
export type SubjectKey = PlayerId | EventId;

export function parseSubjectKey(key: string): { playerId: PlayerId } | { eventId: EventId } {
  const playerId = parseId('ply', key);
  if (playerId !== null) return { playerId };
  const eventId = parseId('evt', key);
  if (eventId === null) throw new Error(`not a subject: ${key}`);
  return { eventId };
}

/** What time does to a subject. */
export type SubjectTimes = {
  /** When its books change by time alone; null: never. */
  readonly dueAtMs: number | null;
  /** Up to when time has been taken into account. */
  readonly settledUntilMs: number;
};

/**
 * Makes this transaction the only one that settles the subject, until it ends. Two statements of their own that come
 * before any fact is read: what is read after them includes everything the previous holder committed.
 */
export async function lockSubject(trx: Db, key: SubjectKey): Promise<SubjectTimes> {
  await trx.raw('INSERT INTO subjects (subject_key) VALUES (?) ON CONFLICT (subject_key) DO NOTHING', [key]);
  return lockKnownSubject(trx, key);
}

/**
 * The lock of a settlement: as `lockSubject`, and before it new terms of the past are held off, such as a rate or a
 * partner's first deal. What is booked without them is thus committed before they are recorded, so whoever records them
 * finds all whom they concern.
 */
export async function lockToSettle(
  trx: Db,
  key: SubjectKey,
  workspaceId: WorkspaceId,
): Promise<SubjectTimes> {
  await trx.raw(
    `WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended(?, 0)) AS lock)
     INSERT INTO subjects (subject_key) SELECT ? FROM held ON CONFLICT (subject_key) DO NOTHING`,
    [settlementGate(workspaceId), key],
  );
  return lockKnownSubject(trx, key);
}

async function lockKnownSubject(trx: Db, key: SubjectKey): Promise<SubjectTimes> {
  const { rows } = await trx.raw<{ rows: { due_at: Date | null; settled_until: Date | null }[] }>(
    'SELECT due_at, settled_until FROM subjects WHERE subject_key = ? FOR UPDATE',
    [key],
  );
  return {
    dueAtMs: rows[0]?.due_at?.getTime() ?? null,
    settledUntilMs: rows[0]?.settled_until?.getTime() ?? 0,
  };
}

/** Notes when the subject is due next, and up to when it is settled. */
export async function saveSubjectTimes(
  trx: Db,
  key: SubjectKey,
  { dueAtMs, settledUntilMs }: SubjectTimes,
): Promise<void> {
  await trx.raw('UPDATE subjects SET due_at = ?, settled_until = ? WHERE subject_key = ?', [
    dueAtMs === null ? null : new Date(dueAtMs),
    new Date(settledUntilMs),
    key,
  ]);
}

/** Takes the locks of several subjects, in sorted order, so that two callers cannot wait for each other in a circle. */
export async function lockSubjects(trx: Db, keys: readonly SubjectKey[]): Promise<void> {
  const sorted = [...keys].sort();
  await trx.raw(
    'INSERT INTO subjects (subject_key) SELECT unnest(?::text[]) ON CONFLICT (subject_key) DO NOTHING',
    [sorted],
  );
  await trx.raw(
    'SELECT subject_key FROM subjects WHERE subject_key = ANY(?) ORDER BY subject_key FOR UPDATE',
    [sorted],
  );
}

/** Whose books an event changes: its player's, or its own when it names none. */
export function subjectKey(playerId: PlayerId | null, eventId: EventId): SubjectKey {
  return playerId ?? eventId;
}
