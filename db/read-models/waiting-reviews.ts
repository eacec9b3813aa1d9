import type { Currency } from '../../domain/currencies';
import type { Decision, Trust } from '../../domain/facts';
import type { Verdict } from '../../domain/fraud/verdict';
import {
  type CampaignId,
  type ClickId,
  type ConversionId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { ConversionKind } from '../../domain/settlement/books';
import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import type { ReviewPolicy } from '../stores/review-store';
import { HAS_NO_OPEN_RULING } from '../stores/ruling-store';
import { cutPage } from './cut-page';
import {
  type Amount,
  nullableAmount,
  nullableId,
  nullableIso,
  nullableUuid,
  nullableVerdict,
  type VerdictColumns,
} from './row-values';

/** A conversion that waits for a person to decide on it. Times are ISO 8601, amounts decimal strings. */
export type WaitingReview = {
  readonly conversionId: ConversionId;
  /** What a decision has to name. */
  readonly revision: number;
  readonly event: ConversionKind;
  /** How far the one is known who reported it. */
  readonly trust: Trust;
  readonly transactionId: string;
  readonly occurredAt: string;
  readonly value: Amount | null;
  /** The sender's own id of the player. */
  readonly playerId: string | null;
  readonly player: PlayerId | null;
  readonly clickId: ClickId | null;
  readonly campaignId: CampaignId | null;
  /** Whose touches are credited, and who is therefore paid or not. */
  readonly partnerIds: readonly PartnerId[];
  readonly verdict: Verdict | null;
  readonly since: string;
  readonly reminderAt: string;
  readonly remindedAt: string | null;
  /** Whether it waits longer than until the reminder. */
  readonly overdue: boolean;
  /** When it is decided without a person, and how; null: it waits for one for ever. */
  readonly timeout: { readonly at: string; readonly decision: Decision } | null;
};

export type ReviewFilter = {
  readonly partnerId?: PartnerId | undefined;
  readonly campaignId?: CampaignId | undefined;
  readonly overdue?: boolean | undefined;
};

type Row = VerdictColumns & {
  conversion_id: string;
  revision: number;
  kind: ConversionKind;
  trust: Trust;
  transaction_key: string;
  occurred_at: Date;
  amount_minor: bigint | null;
  currency: Currency | null;
  external_id: string | null;
  player_id: string | null;
  click_id: string | null;
  campaign_id: string | null;
  partner_ids: string[];
  review_since: Date;
  review_reminded_at: Date | null;
};

/**
 * What waits for a person in the workspace, oldest first; what somebody has ruled on waits no more, although it may not
 * be settled yet. One statement, whatever the number.
 */
export async function listWaitingReviews(
  db: Db,
  workspaceId: WorkspaceId,
  filter: ReviewFilter & { readonly policy: ReviewPolicy; readonly nowMs: number },
  page: PageRequest,
): Promise<Page<WaitingReview>> {
  const { policy, nowMs } = filter;
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT c.conversion_id, c.revision, c.kind, e.trust, c.transaction_key, c.occurred_at, c.amount_minor, c.currency,
       p.external_id, c.player_id, c.click_id, c.campaign_id, c.review_since, c.review_reminded_at,
       v.outcome, v.score, v.reasons,
       ARRAY(SELECT DISTINCT a.partner_id FROM attribution_credits AS a
         WHERE a.conversion_id = c.conversion_id AND a.partner_id IS NOT NULL ORDER BY a.partner_id) AS partner_ids
     FROM conversions AS c
     JOIN events AS e ON e.event_id = c.event_id
     LEFT JOIN players AS p ON p.player_id = c.player_id
     LEFT JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = c.event_id
     WHERE c.workspace_id = :workspace AND c.review_since IS NOT NULL AND ${HAS_NO_OPEN_RULING}
       AND (CAST(:campaign AS uuid) IS NULL OR c.campaign_id = :campaign)
       AND (CAST(:partner AS uuid) IS NULL OR EXISTS (SELECT 1 FROM attribution_credits AS a
         WHERE a.conversion_id = c.conversion_id AND a.partner_id = :partner))
       AND (CAST(:overdue AS boolean) IS NULL OR (c.review_since <= :overdueSince) = :overdue)
       AND (CAST(:after AS uuid) IS NULL OR c.conversion_id > :after)
     ORDER BY c.conversion_id LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      campaign: nullableUuid(filter.campaignId),
      partner: nullableUuid(filter.partnerId),
      overdue: filter.overdue ?? null,
      overdueSince: new Date(nowMs - policy.reminderHours * HOUR_MS),
      after: page.afterUuid,
      limit: page.limit + 1,
    },
  );
  return cutPage(
    rows,
    page,
    (row) => row.conversion_id,
    (row) => toWaitingReview(row, policy, nowMs),
  );
}

function toWaitingReview(row: Row, { reminderHours, timeout }: ReviewPolicy, nowMs: number): WaitingReview {
  const afterHours = (hours: number): Date => new Date(row.review_since.getTime() + hours * HOUR_MS);
  const reminderAt = afterHours(reminderHours);
  return {
    conversionId: idFromUuid('cnv', row.conversion_id),
    revision: row.revision,
    event: row.kind,
    trust: row.trust,
    transactionId: row.transaction_key,
    occurredAt: row.occurred_at.toISOString(),
    value: nullableAmount(row.amount_minor, row.currency),
    playerId: row.external_id,
    player: nullableId('ply', row.player_id),
    clickId: nullableId('clk', row.click_id),
    campaignId: nullableId('cmp', row.campaign_id),
    partnerIds: row.partner_ids.map((uuid) => idFromUuid('ptn', uuid)),
    verdict: nullableVerdict(row),
    since: row.review_since.toISOString(),
    reminderAt: reminderAt.toISOString(),
    remindedAt: nullableIso(row.review_reminded_at),
    overdue: reminderAt.getTime() <= nowMs,
    timeout:
      timeout === null ? null : { at: afterHours(timeout.hours).toISOString(), decision: timeout.decision },
  };
}
