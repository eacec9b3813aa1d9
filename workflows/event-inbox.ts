import type { EventId } from '../domain/ids';
import type { EventReceived } from './event-received';

/**
 * What a workflow was signalled and has not settled yet, in order of arrival. Signals come at least once; an id
 * that was seen before is dropped, whether it still waits or is long settled.
 */
export class EventInbox {
  private readonly seen = new Set<EventId>();
  private readonly waiting: EventId[] = [];

  constructor(carriedOver: readonly EventId[] = []) {
    for (const eventId of carriedOver) this.receive({ eventId });
  }

  receive({ eventId }: EventReceived): void {
    if (this.seen.has(eventId)) return;
    this.seen.add(eventId);
    this.waiting.push(eventId);
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
