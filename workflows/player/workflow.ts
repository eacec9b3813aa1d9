import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { Deliveries } from '../deliveries';
import { EventInbox } from '../event-inbox';
import { assessAndSettle, eventReceivedSignal } from '../steps';
import type { PlayerInput } from './contract';

/**
 * A player's life after the journey: events that come when the click's window is over or its journey has closed.
 *
 *   awake      events are assessed, settled and delivered one by one
 *   closed     nothing waits and nothing is under way; the next event starts a new run
 *   continued  the history grew long while events kept coming; the new run takes over what waits
 *
 * Moved by: events (relay), the end of deliveries. Invariants: continues only when nothing is in flight, so no
 * delivery is lost; closes without an await after the last look at the inbox, so no event is.
 */
export async function player(input: PlayerInput): Promise<void> {
  const inbox = new EventInbox(input.carriedOver);
  const deliveries = new Deliveries();

  setHandler(eventReceivedSignal, (event) => inbox.receive(event), {
    description: 'An event of this player was accepted after its journey.',
  });

  for (;;) {
    await condition(() => !inbox.isEmpty || deliveries.areDone);
    const eventId = inbox.take();
    if (eventId === null) return;
    const settled = await assessAndSettle(eventId);
    deliveries.start(settled.postbackIds);
    if (!workflowInfo().continueAsNewSuggested) continue;
    await condition(() => deliveries.areDone);
    await continueAsNew<typeof player>({ ...input, carriedOver: inbox.carriedOver });
  }
}
