import {
  ActivityFailure,
  defineSignal,
  isCancellation,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/delivery';
import type { FraudActivities } from '../activities/fraud';
import type { SettledEvent, SettledTime, SettlementActivities } from '../activities/settlement';
import type { EventId, PlayerId, PostbackId } from '../domain/ids';
import { EVENT_RECEIVED, type EventReceived } from './event-received';
import { TIMER_SET, type TimerSet } from './player/contract';
import { POSTBACKS_QUEUE } from './task-queues';

export const eventReceivedSignal = defineSignal<[EventReceived]>(EVENT_RECEIVED);
export const timerSetSignal = defineSignal<[TimerSet]>(TIMER_SET);

/**
 * What a step may take within its workflow task. Longer than a task's ten seconds costs three history events every
 * eight, and a journey that collects 51,200 is ended by the server: hence a bound, and few enough attempts to stay
 * below it when they fail at once.
 */
const LOCALLY = {
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '15 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 5 },
} as const;

/** As often as it takes: the server repeats it, and only its end is written into the history. */
const REMOTELY = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
} as const;

const fraudLocally = proxyLocalActivities<FraudActivities>(LOCALLY);
const fraudRemotely = proxyActivities<FraudActivities>(REMOTELY);
const settlement = proxyActivities<SettlementActivities>(REMOTELY);

const deliveries = proxyActivities<DeliveryActivities>({
  taskQueue: POSTBACKS_QUEUE,
  // Close to the ten seconds of the request itself: a worker that died in one is noticed this much later.
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '3 days',
  // Only for faults of our own; a destination's delays come with each failure, because the server adds no jitter. A
  // minute at most, because waiting for a turn counts as tries here, and those must not make a fault's pause longer.
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** As often as it takes, too: a postback whose three days are over is not lost because it could not be parked at once. */
const parking = proxyActivities<DeliveryActivities>({ ...REMOTELY, taskQueue: POSTBACKS_QUEUE });

const GOES_ON_REMOTELY = 'a step that does not succeed locally goes on as an activity';

/**
 * A step that nearly always succeeds at once: tried within the workflow task, which costs one history event, and from
 * then on as an activity, whose retries cost none. Never fails, unless the workflow is cancelled.
 */
async function locallyThenRemotely<Result>(
  name: string,
  step: { readonly locally: () => Promise<Result>; readonly remotely: () => Promise<Result> },
): Promise<Result> {
  try {
    return await step.locally();
  } catch (error) {
    // Whatever it is: of a local activity the last try's own failure arrives, and none that wraps it.
    if (isCancellation(error) || !patched(GOES_ON_REMOTELY)) throw error;
    log.warn('a step goes on as an activity', { step: name, err: error });
    return step.remotely();
  }
}

/**
 * The first two of the three steps that every workflow runs for an event: assess (the fraud verdict), then settle
 * (one transaction that books what the facts deserve). Nothing is carried from one to the other; settlement reads
 * the verdict from Postgres. Both are tried until they succeed: an acknowledged event is never given up.
 */
export async function assessAndSettle(eventId: EventId): Promise<SettledEvent> {
  await locallyThenRemotely('assess', {
    locally: () => fraudLocally.assessEvent({ eventId }),
    remotely: () => fraudRemotely.assessEvent.executeWithOptions({ summary: eventId }, [{ eventId }]),
  });
  return settlement.settleEvent.executeWithOptions({ summary: eventId }, [{ eventId }]);
}

/** What time alone changes of a player's books; tried until it succeeds, like every settlement. */
export async function settleDue(playerId: PlayerId, dueAtMs: number): Promise<SettledTime> {
  const summary = `due ${new Date(dueAtMs).toISOString()}`;
  return settlement.settleDue.executeWithOptions({ summary }, [{ subject: playerId, dueAtMs }]);
}

/**
 * The third step: delivers one postback for up to three days and never fails. What could not be delivered in time
 * is parked as a dead letter, from where an operator may replay it.
 */
export async function deliver(postbackId: PostbackId): Promise<void> {
  try {
    await deliveries.deliverPostback.executeWithOptions({ summary: postbackId }, [{ postbackId }]);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.warn('postback parked', { postbackId, retryState: error.retryState });
    await parking.parkPostback({ postbackId, reason: 'retries_exhausted' });
  }
}
