import type { EventId } from '../domain/ids';
import type { EventReceived } from './event-received';

/**
 * What a workflow was signalled and has not settled yet, in order of arrival. Signals come at least once: an id that
 * waits already is dropped. One that was taken before is let in again, because an event may have to be settled anew,
 * and settling it for nothing changes nothing.
 */
export class EventInbox {
  private readonly waiting: EventId[] = [];

  constructor(carriedOver: readonly EventId[] = []) {
    for (const eventId of carriedOver) this.receive({ eventId });
  }

  receive({ eventId }: EventReceived): void {
    if (!this.waiting.includes(eventId)) this.waiting.push(eventId);
  }

  take(): EventId | null {
    return this.waiting.shift() ?? null;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** The ids that a continued run has to take over. */
  get carriedOver(): readonly EventId[] {
    return [...this.waiting];
  }
}
