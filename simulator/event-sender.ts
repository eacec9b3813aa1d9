import { type EventContext, type EventRequest, eventRequest } from './event-request';
import { type HttpClient, jsonOf } from './http-client';
import type { PlannedEvent } from './plan-deliveries';
import { eventReceipt } from './responses';
import type { ExpectedAnswer } from './script';

/** What became of the events so far. `deviations` says what was answered against the contract, and to what. */
export type EventTally = {
  accepted: number;
  duplicate: number;
  quarantined: number;
  /** Contradictions that were refused with 409, as they must be. */
  contradicted: number;
  deviations: string[];
};

type Receipt = { status: string; tries: number };

const TIMES_AT_ONCE = 5;

/** Sends one planned event as often as planned and compares each answer with the contract. */
export async function sendEvent(
  http: HttpClient,
  event: PlannedEvent,
  context: EventContext,
  tally: EventTally,
): Promise<void> {
  const request = eventRequest(event, context, Date.now());
  const times = event.repetition === 'five_at_once' ? TIMES_AT_ONCE : 1;
  const receipts = await Promise.all(Array.from({ length: times }, () => post(http, request, tally)));
  judgeFirst(receipts, event.expect, request, tally);
  if (event.repetition === 'twice') judgeAgain(await post(http, request, tally), request, tally);
  if (event.repetition === 'contradicted') await contradict(http, event, context, tally);
}

async function post(http: HttpClient, request: EventRequest, tally: EventTally): Promise<Receipt> {
  const { url, headers, body, eventId } = request;
  const answer = await http.send({ method: 'POST', url, headers, body });
  const receipt = answer.status === 200 ? eventReceipt.safeParse(jsonOf(answer)) : undefined;
  if (!receipt?.success) {
    tally.deviations.push(`event ${eventId}: answered ${answer.status} ${answer.text.slice(0, 200)}`);
    return { status: 'refused', tries: answer.tries };
  }
  if (receipt.data.eventId !== eventId) {
    tally.deviations.push(`event ${eventId}: the answer names ${receipt.data.eventId} instead`);
  }
  tally[receipt.data.status] += 1;
  return { status: receipt.data.status, tries: answer.tries };
}

/** Exactly one of the simultaneous sendings is the event, the others are its duplicates. */
function judgeFirst(
  receipts: readonly Receipt[],
  expected: ExpectedAnswer,
  { eventId }: EventRequest,
  tally: EventTally,
): void {
  if (receipts.some((receipt) => receipt.status === 'refused')) return;
  const firsts = receipts.filter((receipt) => receipt.status !== 'duplicate');
  // A sending that was repeated after an outage may have been recorded the first time round.
  const uncertain = receipts.some((receipt) => receipt.tries > 1);
  if (firsts.length === 0 && uncertain) return;
  const statuses = receipts.map((receipt) => receipt.status).join(', ');
  if (firsts.length !== 1) {
    tally.deviations.push(
      `event ${eventId}: one sending had to be new and the others duplicates, got ${statuses}`,
    );
  } else if (expected !== 'either' && firsts[0]?.status !== expected) {
    tally.deviations.push(`event ${eventId}: had to be ${expected}, got ${statuses}`);
  }
}

function judgeAgain(receipt: Receipt, { eventId }: EventRequest, tally: EventTally): void {
  if (receipt.status !== 'duplicate' && receipt.status !== 'refused') {
    tally.deviations.push(`event ${eventId}: sent again it had to be a duplicate, got ${receipt.status}`);
  }
}

async function contradict(
  http: HttpClient,
  event: PlannedEvent,
  context: EventContext,
  tally: EventTally,
): Promise<void> {
  const { url, headers, body, eventId } = eventRequest(event, context, Date.now(), true);
  const answer = await http.send({ method: 'POST', url, headers, body });
  if (answer.status === 409) tally.contradicted += 1;
  else
    tally.deviations.push(
      `event ${eventId}: sent with another amount it had to get 409, got ${answer.status}`,
    );
}
