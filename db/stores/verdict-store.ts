import type { Verdict } from '../../domain/fraud/verdict';
import { type ClickId, type EventId, idFromUuid, uuidFromId } from '../../domain/ids';
import type { Db } from '../knex';
import { JOIN_CLICK_OF_EVENT } from './event-click';

export type VerdictSubject =
  | { readonly kind: 'click'; readonly id: ClickId }
  | { readonly kind: 'event'; readonly id: EventId };

/** Grants verdicts. Whoever comes second changes nothing: a verdict is never dealt again. */
export async function grantVerdicts(
  db: Db,
  granted: readonly { subject: VerdictSubject; rulesVersion: number; verdict: Verdict }[],
  nowMs: number,
): Promise<void> {
  if (granted.length === 0) return;
  const rows = granted.map(({ subject, rulesVersion, verdict }) => ({
    kind: subject.kind,
    id: uuidFromId(subject.id),
    version: rulesVersion,
    outcome: verdict.outcome,
    score: verdict.score,
    reasons: verdict.reasons,
  }));
  await db.raw(
    `INSERT INTO verdicts
       (subject_kind, subject_id, workspace_id, rules_version, outcome, score, reasons, decided_at)
     SELECT g.kind, g.id, coalesce(c.workspace_id, e.workspace_id), g.version, g.outcome, g.score, g.reasons, ?
     FROM jsonb_to_recordset(?::jsonb)
       AS g(kind text, id uuid, version integer, outcome text, score smallint, reasons jsonb)
     LEFT JOIN clicks AS c ON g.kind = 'click' AND c.click_id = g.id
     LEFT JOIN events AS e ON g.kind = 'event' AND e.event_id = g.id
     -- Sorted after the joins, so that two writers of overlapping sets cannot wait for each other in a circle.
     ORDER BY g.kind, g.id
     ON CONFLICT (subject_kind, subject_id) DO NOTHING`,
    [new Date(nowMs), JSON.stringify(rows)],
  );
}

/** Of a visitor's clicks the latest; as many as settlement looks at. */
const CLICKS_PER_VISITOR = 100;

/**
 * The click that an event belongs to, by itself or through its player, and what else its visitor clicked: each of them
 * may be credited, so each needs a verdict before that. Empty when there is none.
 */
export async function clicksOfEvent(db: Db, eventId: EventId): Promise<ClickId[]> {
  const { rows } = await db.raw<{ rows: { click_id: string }[] }>(
    `WITH own AS (
       SELECT c.click_id, c.visitor_id, c.workspace_id FROM events AS e ${JOIN_CLICK_OF_EVENT}
       WHERE e.event_id = ? AND c.click_id IS NOT NULL
     )
     SELECT click_id FROM own
     UNION
     SELECT other.click_id FROM own CROSS JOIN LATERAL (
       SELECT o.click_id FROM clicks AS o
       WHERE o.visitor_id = own.visitor_id AND o.workspace_id = own.workspace_id
       ORDER BY o.click_id DESC LIMIT ?
     ) AS other`,
    [uuidFromId(eventId), CLICKS_PER_VISITOR],
  );
  return rows.map((row) => idFromUuid('clk', row.click_id));
}
