import type { Decision } from '../../domain/facts';
import { type ConversionId, type EventId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { cutPage } from './cut-page';
import { nullableIso } from './row-values';

/** Who has ruled what on a conversion, and why. */
export type RulingView = {
  readonly rulingId: EventId;
  readonly decision: Decision;
  readonly reason: string;
  /** A key, or the time-out policy. */
  readonly actor: string;
  /** The revision of the conversion that was ruled on. */
  readonly revision: number;
  readonly ruledAt: string;
  /** When the books followed; null: they are about to. */
  readonly settledAt: string | null;
};

type Row = {
  event_id: string;
  decision: Decision;
  reason: string;
  actor: string;
  ruled_revision: number;
  occurred_at: Date;
  handled_at: Date | null;
};

/** The rulings on a conversion of the workspace, the first one first; the last one is the last word. */
export async function listConversionRulings(
  db: Db,
  workspaceId: WorkspaceId,
  conversionId: ConversionId,
  page: PageRequest,
): Promise<Page<RulingView>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT event_id, decision, attributes->>'reason' AS reason, attributes->>'actor' AS actor, ruled_revision,
       occurred_at, handled_at
     FROM events
     WHERE ruled_conversion_id = :conversion AND workspace_id = :workspace
       AND (CAST(:after AS uuid) IS NULL OR ruled_revision > (
         SELECT last.ruled_revision FROM events AS last WHERE last.event_id = :after))
     ORDER BY ruled_revision LIMIT :limit`,
    {
      conversion: uuidFromId(conversionId),
      workspace: uuidFromId(workspaceId),
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(rows, page, (row) => row.event_id, toRulingView);
}

function toRulingView(row: Row): RulingView {
  return {
    rulingId: idFromUuid('evt', row.event_id),
    decision: row.decision,
    reason: row.reason,
    actor: row.actor,
    revision: row.ruled_revision,
    ruledAt: row.occurred_at.toISOString(),
    settledAt: nullableIso(row.handled_at),
  };
}
