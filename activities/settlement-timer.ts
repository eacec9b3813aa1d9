import type { Db } from '../db/knex';
import type { ConversionOwner } from '../db/stores/conversion-store';
import { enqueueTimers } from '../db/stores/outbox-store';
import { nextReviewDueMs } from '../db/stores/review-store';
import { type SubjectKey, type SubjectTimes, saveSubjectTimes } from '../db/stores/subject-lock';
import type { Books } from '../domain/settlement/books';
import { lastHoldEndMs } from '../domain/settlement/hold';
import { IN_REVIEW } from '../domain/settlement/rulings';

/**
 * Notes when the books change next by time alone, and which holds are over, for a worker whose clock is behind; and
 * sends a timer to the player's workflow when that is sooner than it knows. The note commits with the books; the timer only makes it prompt, because the sweep finds what is due.
 * Gives the time, null when there is none.
 */
export async function noteDueTime(
  trx: Db,
  settlement: {
    readonly owner: ConversionOwner;
    readonly key: SubjectKey;
    readonly times: SubjectTimes;
    readonly books: Books;
    readonly nowMs: number;
    readonly hasTimer?: boolean;
  },
): Promise<number | null> {
  const { owner, key, times, books, nowMs } = settlement;
  const isInReview = books.conversions.some(({ reason }) => reason === IN_REVIEW);
  const reviewDueMs = isInReview ? await nextReviewDueMs(trx, owner) : null;
  const dues = [books.dueAtMs, reviewDueMs].filter((dueMs) => dueMs !== null);
  const dueAtMs = dues.length === 0 ? null : Math.min(...dues);
  const settledUntilMs = Math.max(times.settledUntilMs, lastHoldEndMs(books.conversions) ?? 0);
  const isNoted = dueAtMs === times.dueAtMs && settledUntilMs === times.settledUntilMs;
  if (isNoted && !settlement.hasTimer) return dueAtMs;
  await saveSubjectTimes(trx, key, { dueAtMs, settledUntilMs });
  const isSooner = dueAtMs !== null && (times.dueAtMs === null || dueAtMs < times.dueAtMs);
  if (isSooner && !settlement.hasTimer && owner.playerId !== null) {
    const { workspaceId, playerId } = owner;
    await enqueueTimers(trx, [{ workspaceId, playerId, dueAtMs }], nowMs);
  }
  return dueAtMs;
}
