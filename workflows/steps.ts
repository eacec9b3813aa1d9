import {
  ActivityFailure,
  defineSignal,
  isCancellation,
  log,
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

const fraud = proxyLocalActivities<FraudActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds' },
});

const settlement = proxyActivities<SettlementActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
});

const deliveries = proxyActivities<DeliveryActivities>({
  taskQueue: POSTBACKS_QUEUE,
  // Close to the ten seconds of the request itself: a worker that died in one is noticed this much later.
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '3 days',
  // Only for faults of our own; a destination's delays come with each failure, because the server adds no jitter. A
  // minute at most, because waiting for a turn counts as tries here, and those must not make a fault's pause longer.
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * The first two of the three steps that every workflow runs for an event: assess (the fraud verdict), then settle
 * (one transaction that books what the facts deserve). Nothing is carried from one to the other; settlement reads
 * the verdict from Postgres. Both are tried until they succeed: an acknowledged event is never given up.
 */
export async function assessAndSettle(eventId: EventId): Promise<SettledEvent> {
  await fraud.assessEvent({ eventId });
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
    await deliveries.parkPostback({ postbackId, reason: 'retries_exhausted' });
  }
}
