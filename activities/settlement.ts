import type { Db } from '../db/knex';
import { type ConversionOwner, loadConversions } from '../db/stores/conversion-store';
import {
  type EventSubject,
  loadDeals,
  loadEventFact,
  loadPlayerFacts,
  loadTouches,
  readEventSubject,
} from '../db/stores/fact-store';
import { markHandled } from '../db/stores/handled-store';
import { closeClick, saveBinding, saveLtv } from '../db/stores/player-books-store';
import { pendingPostbacksOf } from '../db/stores/postback-store';
import { lockSubjects, subjectKey } from '../db/stores/subject-lock';
import type { EventKind, Fact } from '../domain/facts';
import type { ClickId, EventId, PlayerId, PostbackId } from '../domain/ids';
import type { Books } from '../domain/settlement/books';
import { settleClickEvent, settlePlayer } from '../domain/settlement/settle-player';
import type { Clock } from '../domain/time';
import { bookDifferences } from './settlement-differences';
import { addDuePostbacks } from './settlement-postbacks';

/** What a workflow needs to go on after an event was settled; ids only. */
export type SettledEvent = {
  readonly kind: EventKind;
  /** Postbacks to deliver now. */
  readonly postbackIds: readonly PostbackId[];
  /** The click to which the player's first deposit is credited; null while there is none. */
  readonly convertedClickId: ClickId | null;
};

export type SettlementActivities = ReturnType<typeof createSettlementActivities>;

/**
 * Settlement: facts in, differences out. Money is never computed from an event alone: all facts of the subject are
 * read under its lock, the books they deserve are derived by the domain, and what is missing is appended.
 */
export function createSettlementActivities({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /**
     * Settles one event in one transaction. Idempotent: settling it again changes nothing and gives the same
     * answer, less the postbacks that were delivered meanwhile.
     */
    async settleEvent({ eventId }: { eventId: EventId }): Promise<SettledEvent> {
      const subject = await readEventSubject(db, eventId);
      if (subject === null) throw new Error(`event ${eventId} does not exist`);
      const convertedClickId = await db.transaction((trx) => settle(trx, subject, clock.nowMs()));
      const postbackIds = await pendingPostbacksOf(db, eventId);
      return { kind: subject.kind, postbackIds, convertedClickId };
    },
  };
}

async function settle(trx: Db, subject: EventSubject, nowMs: number): Promise<ClickId | null> {
  await lockSubjects(trx, [subjectKey(subject.playerId, subject.eventId)]);
  const { books, sawClick } = subject.isTest ? TEST_EVENT : await deriveBooks(trx, subject);
  const convertedClickId = books === null ? null : await writeBooks(trx, subject, books, nowMs);
  await markHandled(trx, subject.eventId, sawClick, nowMs);
  return convertedClickId;
}

type Derived = {
  readonly books: Books | null;
  /** Whether the click that the event names was there; if not, it is settled again when it appears. */
  readonly sawClick: boolean;
};

/** Books nothing, whatever click it names. */
const TEST_EVENT: Derived = { books: null, sawClick: true };

async function deriveBooks(trx: Db, subject: EventSubject): Promise<Derived> {
  const facts = await loadFacts(trx, subject);
  const clicks = await loadTouches(trx, subject.workspaceId, namedClicks(facts));
  const own = facts.find((fact) => fact.eventId === subject.eventId);
  const namedClick = own?.clickId ?? null;
  const sawClick = namedClick !== null && clicks.has(namedClick);
  if (subject.playerId === null) {
    return { books: own === undefined ? null : settleClickEvent(own, clicks), sawClick };
  }
  const partnerIds = [...clicks.values()].flatMap((touch) => touch.partnerId ?? []);
  const deals = await loadDeals(trx, partnerIds);
  return { books: settlePlayer({ facts, clicks, deals }), sawClick };
}

async function loadFacts(trx: Db, { playerId, eventId }: EventSubject): Promise<Fact[]> {
  if (playerId !== null) return loadPlayerFacts(trx, playerId);
  const own = await loadEventFact(trx, eventId);
  return own === null ? [] : [own];
}

function namedClicks(facts: readonly Fact[]): ClickId[] {
  return [...new Set(facts.flatMap((fact) => fact.clickId ?? []))];
}

async function writeBooks(
  trx: Db,
  subject: EventSubject,
  books: Books,
  nowMs: number,
): Promise<ClickId | null> {
  const owner: ConversionOwner = subject;
  const changed = await bookDifferences(trx, owner, books, await loadConversions(trx, owner), nowMs);
  if (subject.playerId !== null) await writePlayer(trx, subject, subject.playerId, books, nowMs);
  await addDuePostbacks(trx, owner, books, changed, nowMs);
  const first = books.conversions.find((conversion) => conversion.isFirstDeposit);
  const convertedClickId = first?.credits[0]?.touch.clickId ?? null;
  if (convertedClickId !== null) await closeClick(trx, convertedClickId, nowMs);
  return convertedClickId;
}

async function writePlayer(
  trx: Db,
  subject: EventSubject,
  playerId: PlayerId,
  books: Books,
  nowMs: number,
): Promise<void> {
  if (books.binding !== null) await saveBinding(trx, subject.workspaceId, playerId, books.binding, nowMs);
  await saveLtv(trx, subject.workspaceId, playerId, books.ltv, nowMs);
}
