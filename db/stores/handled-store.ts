import { type EventId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

/**
 * Marks an event as settled; the first time stays. It commits with the books, so one never exists without the other.
 * `sawClick`: the click that the event names was taken into account, so nobody has to settle it again for that.
 */
export async function markHandled(
  trx: Db,
  eventId: EventId,
  sawClick: boolean,
  nowMs: number,
): Promise<void> {
  await trx.raw(
    `UPDATE events SET handled_at = coalesce(handled_at, ?), click_was_known = click_was_known OR ?
     WHERE event_id = ? AND (handled_at IS NULL OR (? AND NOT click_was_known))`,
    [new Date(nowMs), sawClick, uuidFromId(eventId), sawClick],
  );
}
