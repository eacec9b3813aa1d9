import type { Verdict } from '../../domain/fraud/verdict';
import {
  type CampaignId,
  type ClickId,
  idFromUuid,
  mintedAtMs,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import { type JourneyStage, journeyStage } from '../../domain/journey-stage';
import type { Db } from '../knex';
import { type Page, type PageRequest, WIDE_PAGE_MAX } from '../page';
import { cutPage } from './cut-page';
import { nullableId, nullableIso, nullableUuid, nullableVerdict, type VerdictColumns } from './row-values';
import { isProvenSql } from './trust';

/** A click and how far its journey has come. Times are ISO 8601. */
export type ClickJourney = {
  readonly clickId: ClickId;
  readonly campaignId: CampaignId;
  readonly offerId: OfferId;
  readonly partnerId: PartnerId | null;
  /** Why the partner of the link was not taken; null when there is nothing to explain. */
  readonly partnerReason: string | null;
  readonly visitorId: VisitorId;
  readonly clickedAt: string;
  readonly externalId: string | null;
  readonly subs: Readonly<Record<string, string>>;
  readonly adIds: Readonly<Record<string, string>>;
  readonly utm: Readonly<Record<string, string>>;
  /** Of a test link: no event of it counts. */
  readonly isTest: boolean;
  /** Null until the click was screened. */
  readonly verdict: Verdict | null;
  readonly stage: JourneyStage;
  readonly expiresAt: string;
  readonly closedAt: string | null;
};

export type ClickFilter = {
  readonly clickId?: ClickId | undefined;
  readonly campaignId?: CampaignId | undefined;
  readonly visitorId?: VisitorId | undefined;
};

type Row = VerdictColumns & {
  click_id: string;
  campaign_id: string;
  offer_id: string;
  partner_id: string | null;
  partner_reason: string | null;
  visitor_id: string;
  clicked_at: Date;
  expires_at: Date;
  closed_at: Date | null;
  external_id: string | null;
  subs: Record<string, string>;
  ad_ids: Record<string, string>;
  utm: Record<string, string>;
  is_test: boolean;
  installed: boolean;
  registered: boolean;
  converted: boolean;
};

/** Clicks of the workspace, latest first. One statement, whatever the number of clicks. */
export async function listClickJourneys(
  db: Db,
  workspaceId: WorkspaceId,
  filter: ClickFilter,
  page: PageRequest,
  nowMs: number,
): Promise<Page<ClickJourney>> {
  const limit = Math.min(page.limit, WIDE_PAGE_MAX);
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT c.click_id, c.campaign_id, c.offer_id, c.partner_id, c.partner_reason, c.visitor_id, c.clicked_at,
       c.expires_at, c.closed_at, c.external_id, c.subs, c.ad_ids, c.utm, c.is_test, v.outcome, v.score, v.reasons,
       coalesce(s.installed, false) AS installed, coalesce(s.registered, false) AS registered,
       coalesce(s.converted, false) AS converted
     FROM clicks AS c
     LEFT JOIN verdicts AS v ON v.subject_kind = 'click' AND v.subject_id = c.click_id
     LEFT JOIN LATERAL (
       SELECT bool_or(n.kind = 'install' AND n.status IN ('qualified', 'approved', 'paid')) AS installed,
         bool_or(n.kind = 'registration' AND n.status IN ('qualified', 'approved', 'paid')) AS registered,
         -- Only a confirmed deposit is ever the first; without a rate for its deal it waits, but it converted.
         bool_or(n.is_first_deposit AND (n.status IN ('qualified', 'approved', 'paid', 'reversed')
           OR (n.status = 'pending' AND n.reason = 'currency_mismatch'))) AS converted
       FROM conversions AS n
       JOIN attribution_credits AS a
         ON a.conversion_id = n.conversion_id AND a.touch_kind = 'click' AND a.touch_id = c.click_id
       WHERE n.click_id = c.click_id AND n.workspace_id = c.workspace_id AND ${isProvenSql('n')}
     ) AS s ON true
     WHERE c.workspace_id = :workspace
       AND (CAST(:click AS uuid) IS NULL OR c.click_id = :click)
       AND (CAST(:campaign AS uuid) IS NULL OR c.campaign_id = :campaign)
       AND (CAST(:visitor AS uuid) IS NULL OR c.visitor_id = :visitor)
       AND (CAST(:after AS uuid) IS NULL OR (c.click_id < :after AND c.clicked_at < :afterAt))
     -- A click's id begins with its time, so this is the order of ids, and that of an index of the workspace's clicks.
     ORDER BY c.clicked_at DESC, c.click_id DESC LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      click: nullableUuid(filter.clickId),
      campaign: nullableUuid(filter.campaignId),
      visitor: nullableUuid(filter.visitorId),
      after: page.afterUuid,
      afterAt: page.afterUuid === null ? null : new Date(mintedAtMs(idFromUuid('clk', page.afterUuid)) + 1),
      limit: limit + 1,
    },
  );
  return cutPage(
    rows,
    { ...page, limit },
    (row) => row.click_id,
    (row) => toClickJourney(row, nowMs),
  );
}

/** One click of the workspace, or null. */
export async function readClickJourney(
  db: Db,
  workspaceId: WorkspaceId,
  clickId: ClickId,
  nowMs: number,
): Promise<ClickJourney | null> {
  const { items } = await listClickJourneys(
    db,
    workspaceId,
    { clickId },
    { limit: 1, afterUuid: null },
    nowMs,
  );
  return items[0] ?? null;
}

function toClickJourney(row: Row, nowMs: number): ClickJourney {
  return {
    clickId: idFromUuid('clk', row.click_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    offerId: idFromUuid('off', row.offer_id),
    partnerId: nullableId('ptn', row.partner_id),
    partnerReason: row.partner_reason,
    visitorId: idFromUuid('vis', row.visitor_id),
    clickedAt: row.clicked_at.toISOString(),
    externalId: row.external_id,
    subs: row.subs,
    adIds: row.ad_ids,
    utm: row.utm,
    isTest: row.is_test,
    verdict: nullableVerdict(row),
    stage: journeyStage(
      {
        clickOutcome: row.outcome ?? 'allow',
        installed: row.installed,
        registered: row.registered,
        converted: row.converted,
        expiresAtMs: row.expires_at.getTime(),
      },
      nowMs,
    ),
    expiresAt: row.expires_at.toISOString(),
    closedAt: nullableIso(row.closed_at),
  };
}
