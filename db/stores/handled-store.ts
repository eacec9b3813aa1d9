import { type EventId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

/** Marks an event as settled; the first time stays. It commits with the books, so one never exists without the other. */
export async function markHandled(trx: Db, eventId: EventId, nowMs: number): Promise<void> {
  await trx('events')
    .where('event_id', uuidFromId(eventId))
    .whereNull('handled_at')
    .update({ handled_at: new Date(nowMs) });
}
