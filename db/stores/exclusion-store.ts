import { type EventId, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';

/**
 * Adds the self-exclusions among these events to those of their players. It happens with the acceptance, or the
 * release from quarantine, and not with the settlement: a delivery must stop although nothing is settled any more.
 * Adding is a union of sets, so neither order nor repetition matters. The caller holds the players' locks; a delivery
 * that reads the player FOR SHARE either comes before or sees it.
 */
export async function excludePlayers(trx: Db, eventIds: readonly EventId[]): Promise<void> {
  await trx.raw(
    `UPDATE players AS p SET excluded_during = p.excluded_during + x.added
     FROM (
       SELECT player_id, range_agg(tstzrange(occurred_at, excluded_until)) AS added
       FROM events WHERE event_id = ANY(?) AND kind = 'self_exclusion' AND NOT is_test GROUP BY player_id
     ) AS x
     WHERE p.player_id = x.player_id`,
    [eventIds.map(uuidFromId)],
  );
}
