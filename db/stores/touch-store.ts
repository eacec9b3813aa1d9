import type { Touches } from '../../domain/attribution/binding';
import type { AttributionModel } from '../../domain/attribution/models';
import type { ClickTouch, ViewTouch } from '../../domain/facts';
import type { Outcome } from '../../domain/fraud/verdict';
import { type ClickId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';

/** No window is longer, so older touches cannot count. */
export const LONGEST_WINDOW_MS = 90 * DAY_MS;
/** Of a visitor's touches before an event the latest; whoever clicks more often is no person. */
const TOUCHES_PER_VISITOR = 100;

type ClickRow = {
  click_id: string;
  visitor_id: string;
  campaign_id: string;
  partner_id: string | null;
  attribution_model: AttributionModel;
  half_life_days: number;
  pays_registrations: boolean;
  is_direct: boolean;
  clicked_at: Date;
  expires_at: Date;
  outcome: Outcome | null;
};

type ViewRow = {
  impression_id: string;
  visitor_id: string;
  campaign_id: string;
  partner_id: string | null;
  viewable_at: Date;
  view_window_hours: number;
};

/**
 * The touches that may count for a subject: the named clicks of the workspace, as far as they exist, and what else
 * their visitors clicked or saw up to each of the given times, no longer ago than the longest window.
 */
export async function loadTouches(
  db: Db,
  workspaceId: WorkspaceId,
  named: readonly ClickId[],
  timesMs: readonly number[],
): Promise<Touches> {
  if (named.length === 0) return { clicks: new Map(), views: [] };
  const rows = await readClicks(db, workspaceId, named, timesMs);
  const clicks = new Map(rows.map((row) => [idFromUuid('clk', row.click_id), toClick(row)]));
  const visitors = [...new Set(rows.map((row) => row.visitor_id))];
  const views = await readViews(db, workspaceId, visitors, timesMs);
  return { clicks, views: views.map(toView) };
}

async function readClicks(
  db: Db,
  workspaceId: WorkspaceId,
  named: readonly ClickId[],
  timesMs: readonly number[],
): Promise<ClickRow[]> {
  const spans = spansBefore(timesMs, LONGEST_WINDOW_MS);
  const { rows } = await db.raw<{ rows: ClickRow[] }>(
    `WITH named AS (
       SELECT * FROM clicks WHERE click_id = ANY(?) AND workspace_id = ?
     ), candidates AS (
       SELECT DISTINCT ON (click_id) * FROM (
         SELECT * FROM named
         UNION ALL
         SELECT other.*
         FROM (SELECT DISTINCT visitor_id, workspace_id FROM named) AS visitor
         CROSS JOIN unnest(?::uuid[], ?::uuid[]) AS span(lowest, highest)
         CROSS JOIN LATERAL (
           SELECT * FROM clicks AS c
           WHERE c.visitor_id = visitor.visitor_id AND c.workspace_id = visitor.workspace_id
             AND c.click_id >= span.lowest AND c.click_id < span.highest AND NOT c.is_test
           ORDER BY c.click_id DESC LIMIT ?
         ) AS other
       ) AS found
     )
     SELECT c.click_id, c.visitor_id, c.campaign_id, c.partner_id, v.attribution_model, v.half_life_days,
       v.pays_registrations, c.clicked_at, c.expires_at,
       -- Looked up one by one, however many touches the planner expects.
       (SELECT f.outcome FROM verdicts AS f WHERE f.subject_kind = 'click' AND f.subject_id = c.click_id) AS outcome,
       c.partner_id IS NULL AND c.ad_ids = '{}' AND NOT jsonb_exists(c.utm, 'utm_source') AS is_direct
     FROM candidates AS c
     JOIN campaign_versions AS v ON v.campaign_id = c.campaign_id AND v.version = c.campaign_version`,
    [
      ...[named.map(uuidFromId), uuidFromId(workspaceId)],
      ...[spans.map(({ lowest }) => lowest), spans.map(({ highest }) => highest), TOUCHES_PER_VISITOR],
    ],
  );
  return rows;
}

/** Seen, not only loaded: an impression that nobody is known to have seen is no touch. */
async function readViews(
  db: Db,
  workspaceId: WorkspaceId,
  visitorUuids: readonly string[],
  timesMs: readonly number[],
): Promise<ViewRow[]> {
  if (visitorUuids.length === 0) return [];
  // A view may follow its impression by as long as the page stays open; a day is enough for that.
  const spans = spansBefore(timesMs, 2 * DAY_MS);
  const { rows } = await db.raw<{ rows: ViewRow[] }>(
    `SELECT DISTINCT i.impression_id, i.visitor_id, i.campaign_id, i.partner_id, i.viewable_at, v.view_window_hours
     FROM unnest(?::uuid[]) AS visitor(visitor_id)
     CROSS JOIN unnest(?::uuid[], ?::uuid[]) AS span(lowest, highest)
     CROSS JOIN LATERAL (
       SELECT * FROM impressions AS seen
       WHERE seen.visitor_id = visitor.visitor_id AND seen.workspace_id = ? AND seen.viewable_at IS NOT NULL
         AND seen.impression_id >= span.lowest AND seen.impression_id < span.highest
       ORDER BY seen.impression_id DESC LIMIT ?
     ) AS i
     JOIN campaign_versions AS v ON v.campaign_id = i.campaign_id AND v.version = i.campaign_version`,
    [
      ...[[...visitorUuids], spans.map(({ lowest }) => lowest), spans.map(({ highest }) => highest)],
      ...[uuidFromId(workspaceId), TOUCHES_PER_VISITOR],
    ],
  );
  return rows;
}

/** As ranges of v7 keys. A time in whole seconds may stand for the end of its second. */
function spansBefore(timesMs: readonly number[], lengthMs: number): { lowest: string; highest: string }[] {
  return [...new Set(timesMs)].map((timeMs) => ({
    lowest: lowestUuidAt(timeMs - lengthMs),
    highest: lowestUuidAt(timeMs + SECOND_MS),
  }));
}

function toClick(row: ClickRow): ClickTouch {
  return {
    kind: 'click',
    clickId: idFromUuid('clk', row.click_id),
    visitorId: idFromUuid('vis', row.visitor_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    model: row.attribution_model,
    halfLifeDays: row.half_life_days,
    isDirect: row.is_direct,
    paysRegistrations: row.pays_registrations,
    clickedAtMs: row.clicked_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    outcome: row.outcome ?? 'allow',
  };
}

function toView(row: ViewRow): ViewTouch {
  const viewedAtMs = row.viewable_at.getTime();
  return {
    kind: 'view',
    impressionId: idFromUuid('imp', row.impression_id),
    visitorId: idFromUuid('vis', row.visitor_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    viewedAtMs,
    expiresAtMs: viewedAtMs + row.view_window_hours * HOUR_MS,
    outcome: 'allow',
  };
}
