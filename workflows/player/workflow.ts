import { condition, continueAsNew, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { Deliveries } from '../deliveries';
import { EventInbox } from '../event-inbox';
import { assessAndSettle, eventReceivedSignal, settleDue, timerSetSignal } from '../steps';
import type { PlayerInput } from './contract';
import { DueTimer } from './due-timer';

const EVENTS_PASS_DELIVERIES = 'events pass deliveries in a long history';

/**
 * A destination that is away keeps a delivery in flight for up to three days. So long a run takes events beside it
 * though its history is long, up to well below the 51,200 events at which the server would end it.
 */
const HISTORY_MAX = 20_000;

/**
 * A player's life after the journey: events that come when the click's window is over or its journey has closed, and
 * what time alone changes: holds that end, reviews that ask for a reminder or run out.
 *
 *   awake      events are assessed, settled and delivered one by one
 *   waiting    nothing is under way, and something is due later
 *   closed     nothing waits and nothing is under way; the next event or timer starts a new run
 *   continued  the history grew long while events kept coming; the new run takes over what waits. A delivery in
 *              flight puts that off, and nothing else waits for it, until the history is very long
 *
 * Moved by: events and timers (relay), the timer itself, the end of deliveries. Invariants: continues only when
 * nothing is in flight, so no delivery is lost; closes without an await after the last look at inbox and timer, so
 * no event and no due time is.
 */
export async function player(input: PlayerInput): Promise<void> {
  const inbox = new EventInbox(input.carriedOver);
  const deliveries = new Deliveries();
  const timer = new DueTimer();

  setHandler(eventReceivedSignal, (event) => inbox.receive(event), {
    description: 'An event of this player was accepted after its journey.',
  });
  setHandler(timerSetSignal, ({ dueAtMs }) => timer.set(dueAtMs), {
    description: 'A hold ends, or a review asks for a reminder or runs out, at this time.',
  });
  if (input.dueAtMs !== undefined) timer.set(input.dueAtMs);

  for (;;) {
    await condition(() => !inbox.isEmpty || timer.isDue || (deliveries.areDone && timer.setForMs === null));
    const eventId = inbox.take();
    if (eventId !== null) {
      const settled = await assessAndSettle(eventId);
      deliveries.start(settled.postbackIds);
    } else if (timer.isDue) {
      const settled = await settleDue(input.playerId, timer.take());
      deliveries.start(settled.postbackIds);
      if (settled.dueAtMs !== null) timer.set(settled.dueAtMs);
    } else return;
    if (!workflowInfo().continueAsNewSuggested || mayGoOn(deliveries)) continue;
    await condition(() => deliveries.areDone);
    const dueAtMs = timer.setForMs;
    await continueAsNew<typeof player>({
      ...input,
      carriedOver: inbox.carriedOver,
      ...(dueAtMs === null ? {} : { dueAtMs }),
    });
  }
}

/** Asked only in a long history, so that short ones have no marker of it. */
function mayGoOn(deliveries: Deliveries): boolean {
  return patched(EVENTS_PASS_DELIVERIES) && !deliveries.areDone && workflowInfo().historyLength < HISTORY_MAX;
}
