import { type DestinationId, uuidFromId, type WorkspaceId } from '../../domain/ids';

/** Which dead letters of a workspace are meant; what is left out does not matter. */
export type DeadLetterFilter = {
  readonly destinationId?: DestinationId | undefined;
  readonly reason?: string | undefined;
  /** The first moment of having become a dead letter, and the first one after it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

/** True of a postback `p` that is a dead letter of the filter; bound by `deadLetterBindings`. */
export const MATCHES_DEAD_LETTER = `p.workspace_id = :workspace AND p.status = 'dead'
  AND (CAST(:destination AS uuid) IS NULL OR p.destination_id = :destination)
  AND (CAST(:reason AS text) IS NULL OR p.dead_reason = :reason)
  AND (CAST(:from AS timestamptz) IS NULL OR p.dead_at >= :from)
  AND (CAST(:to AS timestamptz) IS NULL OR p.dead_at < :to)`;

export function deadLetterBindings(workspaceId: WorkspaceId, filter: DeadLetterFilter) {
  return {
    workspace: uuidFromId(workspaceId),
    destination: filter.destinationId === undefined ? null : uuidFromId(filter.destinationId),
    reason: filter.reason ?? null,
    from: filter.from === undefined ? null : new Date(filter.from),
    to: filter.to === undefined ? null : new Date(filter.to),
  };
}
