import type { EventKind } from '../../domain/facts';
import { type ClickId, type EventId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from './cut-page';
import { nullableId, nullableIso } from './row-values';

export const QUARANTINE_STATES = ['waiting', 'released', 'all'] as const;
export type QuarantineState = (typeof QUARANTINE_STATES)[number];

export const QUARANTINE_REASONS = [
  'unknown_click',
  'unknown_player',
  'unknown_click_and_player',
  'clock_suspect',
] as const;

/** An accepted event that waited, or waits, for its click, its player or its time. */
export type QuarantinedEvent = {
  readonly id: EventId;
  /** The sender's own id of the event. */
  readonly eventId: string;
  readonly kind: EventKind;
  readonly reason: (typeof QUARANTINE_REASONS)[number];
  readonly quarantinedAt: string;
  readonly releasedAt: string | null;
  readonly releasedBy: string | null;
  readonly matchedClickId: ClickId | null;
  /** The click as the sender named it. */
  readonly clickRef: string | null;
  /** The sender's own id of the player. */
  readonly playerId: string | null;
  readonly occurredAt: string;
};

type Row = {
  event_id: string;
  sender_event_id: string;
  kind: EventKind;
  reason: QuarantinedEvent['reason'];
  quarantined_at: Date;
  released_at: Date | null;
  released_by: string | null;
  matched_click_id: string | null;
  click_ref: string | null;
  external_id: string | null;
  occurred_at: Date;
};

/** Quarantined events of the workspace, oldest first. One statement, whatever their number. */
export async function listQuarantinedEvents(
  db: Db,
  workspaceId: WorkspaceId,
  state: QuarantineState,
  page: PageRequest,
): Promise<Page<QuarantinedEvent>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT q.event_id, e.sender_event_id, e.kind, q.reason, q.quarantined_at, q.released_at, q.released_by,
       q.matched_click_id, e.click_ref, p.external_id, e.occurred_at
     FROM quarantine AS q
     JOIN events AS e ON e.event_id = q.event_id
     LEFT JOIN players AS p ON p.player_id = e.player_id
     WHERE q.workspace_id = :workspace
       AND (CAST(:state AS text) <> 'waiting' OR q.released_at IS NULL)
       AND (CAST(:state AS text) <> 'released' OR q.released_at IS NOT NULL)
       AND (CAST(:after AS uuid) IS NULL OR q.event_id > :after)
     ORDER BY q.event_id LIMIT :limit`,
    { workspace: uuidFromId(workspaceId), state, after: page.afterUuid, limit: page.limit + 1 },
  );
  return cutPage(rows, page, (row) => row.event_id, toQuarantinedEvent);
}

function toQuarantinedEvent(row: Row): QuarantinedEvent {
  return {
    id: idFromUuid('evt', row.event_id),
    eventId: row.sender_event_id,
    kind: row.kind,
    reason: row.reason,
    quarantinedAt: row.quarantined_at.toISOString(),
    releasedAt: nullableIso(row.released_at),
    releasedBy: row.released_by,
    matchedClickId: nullableId('clk', row.matched_click_id),
    clickRef: row.click_ref,
    playerId: row.external_id,
    occurredAt: row.occurred_at.toISOString(),
  };
}
