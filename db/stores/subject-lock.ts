import type { EventId, PlayerId } from '../../domain/ids';
import type { Db } from '../knex';

/** Whose books an event changes: its player's, or its own when it names none. */
export function subjectKey(playerId: PlayerId | null, eventId: EventId): string {
  return playerId ?? eventId;
}

/**
 * Makes this transaction the only one that settles the given subjects, until it ends. A statement of its own that
 * comes before any fact is read: what is read after it includes everything the previous holder committed.
 * Keys are taken in sorted order, so two settlements cannot wait for each other in a circle.
 */
export async function lockSubjects(trx: Db, subjectKeys: readonly string[]): Promise<void> {
  const keys = [...subjectKeys].sort();
  await trx.raw(
    'INSERT INTO subjects (subject_key) SELECT unnest(?::text[]) ON CONFLICT (subject_key) DO NOTHING',
    [keys],
  );
  await trx.raw(
    'SELECT subject_key FROM subjects WHERE subject_key = ANY(?) ORDER BY subject_key FOR UPDATE',
    [keys],
  );
}
