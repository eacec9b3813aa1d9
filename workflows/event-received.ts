import type { EventId } from '../domain/ids';

/**
 * The one signal of journeys and players: an event that was accepted and is not settled yet. A signal and not an
 * update, because it must be taken while no worker runs. Senders reach a workflow by signal-with-start only: a
 * plain signal does not wake a dormant journey.
 */
export const EVENT_RECEIVED = 'eventReceived';

/** Carries the id alone: what happened is read from Postgres, so no personal data enters a history. */
export type EventReceived = { readonly eventId: EventId };
