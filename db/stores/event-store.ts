import { AppError } from '../../domain/errors';
import type { EventId } from '../../domain/ids';
import type { Db } from '../knex';
import { mintId } from '../mint-id';
import { goesOn } from './event-facts';
import { eventBodyHash, eventKey } from './event-identity';
import {
  type Arrival,
  type FirstReport,
  findFirstReports,
  findMisnamed,
  insertReceipts,
  lockTransactions,
  transactionName,
} from './event-receipts';
import type { NewEvent } from './new-event';
import { placeEvents } from './place-events';
import { findMisused, messageReused } from './signed-message-store';

/** `id` is ours; of a duplicate it is the id that the first report was given. */
export type Acceptance = { readonly status: 'accepted' | 'duplicate' | 'quarantined'; readonly id: EventId };

/** Of an event whose report was acknowledged before anybody could read it: it keeps its id and its receipt's time. */
export type Acknowledged = { readonly id: EventId; readonly receivedAtMs: number };

/** Refused for what it contradicts: nothing of it is stored. */
type Outcome = Acceptance | { readonly status: 'refused'; readonly refusal: AppError };

/**
 * Takes one reported event, whole or not at all: receipt, fact, raw body and, when its click or player is known, the
 * outbox row. Once this resolves nothing can lose the event. The same fact again is a duplicate however many arrive
 * at once. Throws AppError `event_conflict` for the same key with another content, and for a later status of a
 * deposit or withdrawal that names another player; `message_reused` for a signed message that was used for another.
 */
export async function acceptEvent(
  db: Db,
  event: NewEvent,
  nowMs: number,
  acknowledged?: Acknowledged,
): Promise<Acceptance> {
  const [outcome] = await db.transaction((trx) => take(trx, [toArrival(event, nowMs, acknowledged)], nowMs));
  if (outcome === undefined) throw new Error('an event came to no end');
  if (outcome.status === 'refused') throw outcome.refusal;
  return outcome;
}

/**
 * As `acceptEvent`, for many at once in a handful of statements and one commit; a refusal is a value and concerns one
 * event only. Of each transaction the first goes with the others; what else arrived of it is either the same report
 * again or follows by itself, because it must see the first.
 */
export async function acceptEvents(
  db: Db,
  events: readonly NewEvent[],
  nowMs: number,
): Promise<(Acceptance | AppError)[]> {
  const arrivals = events.map((event) => toArrival(event, nowMs));
  const firsts = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    const name = transactionName(arrival.event);
    if (!firsts.has(name)) firsts.set(name, arrival);
  }
  const together = [...firsts.values()];
  const taken = await db.transaction((trx) => take(trx, together, nowMs));
  const outcomes = new Map(together.map((arrival, index) => [arrival, taken[index]]));
  const answers: (Acceptance | AppError)[] = [];
  for (const arrival of arrivals) {
    const first = firsts.get(transactionName(arrival.event)) ?? arrival;
    const known = outcomes.get(first);
    const outcome =
      first === arrival
        ? known
        : (repeatOf(arrival, first, known) ??
          (await db.transaction((trx) => take(trx, [arrival], nowMs)))[0]);
    if (outcome === undefined) throw new Error('an event came to no end');
    answers.push(outcome.status === 'refused' ? outcome.refusal : outcome);
  }
  return answers;
}

function toArrival(event: NewEvent, nowMs: number, acknowledged?: Acknowledged): Arrival {
  return { event, ...(acknowledged ?? { id: mintId('evt', nowMs), receivedAtMs: nowMs }) };
}

/** The same report twice in one batch, whose first was stored; null for everything that has to be looked up. */
function repeatOf(arrival: Arrival, first: Arrival, known: Outcome | undefined): Outcome | null {
  if (known === undefined || known.status === 'refused') return null;
  if (eventKey(arrival.event) !== eventKey(first.event)) return null;
  const { message } = arrival.event;
  if (message) {
    const before = first.event.message;
    // Another message has to be remembered by itself; the same one, on another path, is refused as it would be later.
    if (!before?.digest.equals(message.digest)) return null;
    if (before.path !== message.path) return { status: 'refused', refusal: messageReused() };
  }
  return resolveRepeat(arrival, { id: known.id, bodyHash: eventBodyHash(first.event) });
}

/** Arrivals of transactions that differ, in one database transaction, with its locks in the order of db/lock-order.ts. */
async function take(trx: Db, given: readonly Arrival[], nowMs: number): Promise<Outcome[]> {
  const misused = await misusedMessages(trx, given, nowMs);
  const arrivals = given.filter(({ id }) => !misused.has(id));
  const withStatus = arrivals.filter(({ event }) => event.status !== null);
  await lockTransactions(
    trx,
    withStatus.map(({ event }) => event),
  );
  const misnamed = await findMisnamed(trx, withStatus);
  const receipts = await insertReceipts(
    trx,
    arrivals.filter(({ id }) => !misnamed.has(id)),
  );
  const firstReports = await findFirstReports(
    trx,
    arrivals.filter(({ id }) => !receipts.has(id)),
  );
  const fresh = arrivals.filter(({ id }) => receipts.has(id));
  const facts = await placeEvents(trx, fresh, {
    nowMs,
    hasRules: (id) => receipts.get(id)?.hasRules === true,
  });
  return given.map((arrival): Outcome => {
    if (misused.has(arrival.id)) return { status: 'refused', refusal: messageReused() };
    const fact = facts.get(arrival.id);
    if (fact !== undefined) return { status: goesOn(fact) ? 'accepted' : 'quarantined', id: arrival.id };
    const first = firstReports.get(arrival.id);
    if (first !== undefined) return resolveRepeat(arrival, first);
    if (misnamed.has(arrival.id)) return { status: 'refused', refusal: anotherPlayer() };
    throw new Error('a receipt conflicted with a row that cannot be seen');
  });
}

async function misusedMessages(trx: Db, arrivals: readonly Arrival[], nowMs: number): Promise<Set<EventId>> {
  const uses = arrivals.flatMap(({ id, event: { sourceId, message, kind } }) =>
    message ? [{ id, sourceId, message, kind }] : [],
  );
  const misused = await findMisused(trx, uses, nowMs);
  return new Set([...misused].map(({ id }) => id));
}

function resolveRepeat({ event }: Arrival, first: FirstReport): Outcome {
  if (first.bodyHash.equals(eventBodyHash(event))) return { status: 'duplicate', id: first.id };
  const text = `This ${event.kind} was reported before with another content; the first report, ${first.id}, stands.`;
  return { status: 'refused', refusal: new AppError('event_conflict', text) };
}

function anotherPlayer(): AppError {
  return new AppError('event_conflict', 'An earlier status of this transaction names another player.', {
    errors: [{ path: 'playerId', message: 'differs from the player of the transaction' }],
  });
}
