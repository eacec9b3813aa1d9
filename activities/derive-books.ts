import type { Db } from '../db/knex';
import { grantSlots, loadSlots } from '../db/stores/cap-store';
import { lockConversions } from '../db/stores/conversion-store';
import { loadDeals } from '../db/stores/deal-store';
import { loadEventFacts, loadPlayerFacts } from '../db/stores/fact-store';
import { loadTouches } from '../db/stores/touch-store';
import { hasCaps } from '../domain/commission/deal';
import type { Fact } from '../domain/facts';
import type { ClickId, EventId, PlayerId, WorkspaceId } from '../domain/ids';
import type { Books } from '../domain/settlement/books';
import { creditedTimesMs, settleClickEvent, settlePlayer } from '../domain/settlement/settle-player';
import { keepRates, loadExchange } from './load-exchange';

/** Whose books: a player's, or those of an event that names none. */
export type Subject = {
  readonly workspaceId: WorkspaceId;
  readonly playerId: PlayerId | null;
  readonly ownEventId: EventId;
};

export type Derived = {
  readonly books: Books | null;
  /** The clicks that were there; an event that names another is settled again when that one appears. */
  readonly seenClicks: ReadonlySet<ClickId>;
  readonly facts: readonly Fact[];
};

/** Reads every fact of the subject and derives the books they deserve. The caller holds the subject's lock. */
export async function deriveBooks(trx: Db, subject: Subject, nowMs: number): Promise<Derived> {
  const { workspaceId, playerId, ownEventId } = subject;
  const facts =
    playerId === null ? await loadEventFacts(trx, ownEventId) : await loadPlayerFacts(trx, playerId);
  const named = [...new Set(facts.flatMap((fact) => fact.clickId ?? []))];
  const touches = await loadTouches(trx, workspaceId, named, creditedTimesMs(facts));
  const seenClicks = new Set(touches.clicks.keys());
  if (playerId === null) {
    const isKnown = facts.some((fact) => fact.eventId === ownEventId);
    return { books: isKnown ? settleClickEvent(facts, touches) : null, seenClicks, facts };
  }
  const partnerIds = new Set([...touches.clicks.values()].flatMap((touch) => touch.partnerId ?? []));
  const deals = await loadDeals(trx, [...partnerIds]);
  const isCapped = deals.some(hasCaps);
  const exchange = await loadExchange(trx, { workspaceId, playerId }, facts, deals);
  const settle = async () => {
    const slots = isCapped ? await loadSlots(trx, playerId) : new Map();
    return settlePlayer({ ...touches, facts, deals, slots, exchange, nowMs });
  };
  let books = await settle();
  if (books.slotRequests.length > 0) {
    // Before the counters, as in db/lock-order.ts: a payout that holds the one must never make those wait who queue for the other.
    await lockConversions(trx, subject);
    await grantSlots(trx, playerId, books.slotRequests, nowMs);
    books = await settle();
  }
  await keepRates(trx, playerId, books);
  return { books, seenClicks, facts };
}
