import type { Db } from '../db/knex';
import { type ConversionOwner, loadConversions, lockConversions } from '../db/stores/conversion-store';
import { type EventSubject, readEventSubject, readSubject, type Subject } from '../db/stores/fact-store';
import { markHandled } from '../db/stores/handled-store';
import {
  closeClick,
  forgetBinding,
  forgetLtvExcept,
  saveBinding,
  saveLtv,
} from '../db/stores/player-books-store';
import { handedForEvent, handedForOwner } from '../db/stores/postback-store';
import { passReviewTime } from '../db/stores/review-store';
import { lockToSettle, type SubjectKey, type SubjectTimes } from '../db/stores/subject-lock';
import type { EventKind } from '../domain/facts';
import type { ClickId, EventId, PlayerId, PostbackId } from '../domain/ids';
import { type Books, isCounted } from '../domain/settlement/books';
import type { Clock } from '../domain/time';
import { deriveBooks } from './derive-books';
import { bookDifferences } from './settlement-differences';
import { addDuePostbacks } from './settlement-postbacks';
import { noteDueTime } from './settlement-timer';

/** What a workflow needs to go on after an event was settled; ids only. */
export type SettledEvent = {
  readonly kind: EventKind;
  /** Postbacks to deliver now. */
  readonly postbackIds: readonly PostbackId[];
  /** The click to which the player's first deposit is credited; null while there is none. */
  readonly convertedClickId: ClickId | null;
};

/** What a workflow needs to go on after time was settled. */
export type SettledTime = {
  readonly postbackIds: readonly PostbackId[];
  /** When the subject is due again; null: when its next event comes. */
  readonly dueAtMs: number | null;
};

type Deps = {
  readonly db: Db;
  readonly clock: Clock;
  /** Who will deliver what is settled: the same answer in every try of one activity, and nobody else's. */
  readonly caller?: () => string | null;
};

/** Settled by a process and not by a workflow: what there is to deliver is found by the sweep. */
const nobody = () => null;

export type SettlementActivities = ReturnType<typeof createSettlementActivities>;

/**
 * Settlement: facts in, differences out. Money is never computed from an event alone: all facts of the subject are
 * read under its lock, the books they deserve are derived by the domain, and what is missing is appended.
 */
export function createSettlementActivities({ db, clock, caller = nobody }: Deps) {
  return {
    /**
     * Settles one event in one transaction. Idempotent: settling it again changes nothing. The same activity, tried
     * again, gets the same answer, less the postbacks that were delivered meanwhile; another one is given none of them.
     */
    async settleEvent({ eventId }: { eventId: EventId }): Promise<SettledEvent> {
      const subject = await readEventSubject(db, eventId);
      if (subject === null) throw new Error(`event ${eventId} does not exist`);
      const handedTo = caller();
      const turn = { handedTo, nowMs: clock.nowMs() };
      const convertedClickId = await db.transaction((trx) => settleEvent(trx, subject, turn));
      const postbackIds = handedTo === null ? [] : await handedForEvent(db, eventId, handedTo);
      return { kind: subject.kind, postbackIds, convertedClickId };
    },

    /**
     * Settles what became due by time alone: holds that ended, reviews that ask for a reminder or have run out. The
     * time counts as reached although this worker's clock may be behind. Idempotent, as settling an event is.
     */
    async settleDue({
      subject: key,
      dueAtMs,
    }: {
      subject: SubjectKey;
      dueAtMs: number;
    }): Promise<SettledTime> {
      const subject = await readSubject(db, key);
      if (subject === null) throw new Error(`subject ${key} does not exist`);
      const handedTo = caller();
      const turn = { handedTo, nowMs: Math.max(clock.nowMs(), dueAtMs) };
      const nextDueAtMs = await db.transaction((trx) => settleTime(trx, key, subject, turn));
      const postbackIds = handedTo === null ? [] : await handedForOwner(db, subject, handedTo);
      return { postbackIds, dueAtMs: nextDueAtMs };
    },
  };
}

async function settleEvent(trx: Db, subject: EventSubject, turn: Turn): Promise<ClickId | null> {
  const { nowMs } = turn;
  const key = subject.playerId ?? subject.ownEventId;
  const times = await lockToSettle(trx, key, subject.workspaceId);
  if (subject.isTest) {
    // Books nothing, whatever click it names.
    await markHandled(trx, subject.eventId, true, nowMs);
    return null;
  }
  const reachedMs = Math.max(nowMs, times.settledUntilMs);
  const { books, facts, seenClicks } = await deriveBooks(trx, subject, reachedMs);
  const own = facts.find((fact) => fact.eventId === subject.eventId)?.clickId ?? null;
  const owner: ConversionOwner = { ...subject, causedBy: subject.eventId };
  const convertedClickId =
    books === null ? null : (await writeBooks(trx, { ...turn, owner, key, times, books })).convertedClickId;
  await markHandled(trx, subject.eventId, own !== null && seenClicks.has(own), nowMs);
  return convertedClickId;
}

async function settleTime(trx: Db, key: SubjectKey, subject: Subject, turn: Turn): Promise<number | null> {
  const times = await lockToSettle(trx, key, subject.workspaceId);
  const reachedMs = Math.max(turn.nowMs, times.settledUntilMs);
  const owner: ConversionOwner = { ...subject, causedBy: null };
  await lockConversions(trx, owner);
  await passReviewTime(trx, owner, reachedMs);
  const { books } = await deriveBooks(trx, subject, reachedMs);
  if (books === null) return null;
  const settledTimes = { ...times, settledUntilMs: reachedMs };
  const written = await writeBooks(trx, {
    ...turn,
    owner,
    key,
    times: settledTimes,
    books,
    hasTimer: true,
  });
  return written.dueAtMs;
}

/** When something is settled, and for whom. */
type Turn = {
  /** The activity that will be given what there is to deliver. */
  readonly handedTo: string | null;
  readonly nowMs: number;
};

type Settlement = Turn & {
  readonly owner: ConversionOwner;
  readonly key: SubjectKey;
  readonly times: SubjectTimes;
  readonly books: Books;
  /** Whoever settles waits for the next due time by itself. */
  readonly hasTimer?: boolean;
};

type Written = { readonly convertedClickId: ClickId | null; readonly dueAtMs: number | null };

async function writeBooks(trx: Db, settlement: Settlement): Promise<Written> {
  const { owner, books, nowMs } = settlement;
  const changed = await bookDifferences(trx, owner, books, await loadConversions(trx, owner), nowMs);
  if (owner.playerId !== null) {
    // What counts no more, because a person has rejected it or it was a test, may have been all there was of a currency.
    const isAnyUncounted = changed.some(({ deserved }) => !isCounted(deserved.status));
    if (isAnyUncounted) await forgetLtvExcept(trx, owner.playerId, books.ltv);
    await writePlayer(trx, owner, owner.playerId, books, nowMs);
  }
  await addDuePostbacks(trx, { ...settlement, changed });
  const first = books.conversions.find((conversion) => conversion.isFirstDeposit);
  const touch = first?.credits.at(-1)?.touch;
  const convertedClickId = touch?.kind === 'click' ? touch.clickId : null;
  if (convertedClickId !== null) await closeClick(trx, convertedClickId, nowMs);
  const dueAtMs = await noteDueTime(trx, settlement);
  return { convertedClickId, dueAtMs };
}

async function writePlayer(
  trx: Db,
  { workspaceId }: ConversionOwner,
  playerId: PlayerId,
  { binding, ltv }: Books,
  nowMs: number,
): Promise<void> {
  if (binding === null) await forgetBinding(trx, playerId);
  else await saveBinding(trx, workspaceId, playerId, binding, nowMs);
  await saveLtv(trx, workspaceId, playerId, ltv, nowMs);
}
