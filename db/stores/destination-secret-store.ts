import { type DestinationId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';

/**
 * Gives a destination a new signing secret. The one it had is used beside it until `overlapEndsMs`, or no more when
 * that is null; one that was still kept from an earlier rotation is forgotten. False when there is no such
 * destination, or none that signs.
 */
export async function rotateSecret(
  trx: Db,
  workspaceId: WorkspaceId,
  destinationId: DestinationId,
  secret: string,
  overlapEndsMs: number | null,
): Promise<boolean> {
  const rotated = await trx('destinations')
    .where({ workspace_id: uuidFromId(workspaceId), destination_id: uuidFromId(destinationId) })
    .whereNotNull('secret')
    .update({
      secret,
      previous_secret: overlapEndsMs === null ? null : trx.ref('secret'),
      previous_secret_until: overlapEndsMs === null ? null : new Date(overlapEndsMs),
    });
  return rotated > 0;
}

/** Forgets secrets whose overlap is over; nothing has been signed with them since. */
export async function forgetPreviousSecrets(db: Db, nowMs: number): Promise<void> {
  await db('destinations')
    .where('previous_secret_until', '<=', new Date(nowMs))
    .update({ previous_secret: null, previous_secret_until: null });
}
