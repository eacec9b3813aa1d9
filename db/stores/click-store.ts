import { deviceOf } from '../../domain/device';
import {
  type CampaignId,
  type ClickId,
  type Id,
  type IdPrefix,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { rowBatch } from './row-batch';

/** A click as it happened. */
export type NewClick = {
  /** Minted with `clickedAtMs`: the row's partition follows from it. */
  readonly clickId: ClickId;
  readonly workspaceId: WorkspaceId;
  readonly campaignId: CampaignId;
  readonly campaignVersion: number;
  readonly offerId: OfferId;
  readonly partnerId: PartnerId | null;
  /** Why the credited partner is not the one that the link named; null when it is, or when it named none. */
  readonly partnerReason: 'unknown_partner_code' | null;
  /** From the visitor's cookie, else new. */
  readonly visitorId: VisitorId;
  readonly clickedAtMs: number;
  /** The last millisecond at which an event still belongs to the click. */
  readonly expiresAtMs: number;
  /** Of a test link: it has a journey, and no event of it ever counts. */
  readonly isTest: boolean;
  readonly externalId: string | null;
  readonly subs: Readonly<Record<string, string | undefined>>;
  readonly adIds: Readonly<Record<string, string>>;
  readonly utm: Readonly<Record<string, string>>;
  /** Personal data, kept apart so that it can expire. */
  readonly raw: {
    readonly ip: string | null;
    readonly userAgent: string | null;
    readonly referrer: string | null;
    /** The query as it came; null when the columns say everything that it said. */
    readonly query: string | null;
  };
};

/** Clicks that come together mostly are of one campaign: what was asked for last is not worked out again. */
function lastUuid(): (id: Id<IdPrefix>) => string {
  let last: { id: Id<IdPrefix>; uuid: string } | null = null;
  return (id) => {
    if (last?.id !== id) last = { id, uuid: uuidFromId(id) };
    return last.uuid;
  };
}
const [workspaceUuid, campaignUuid, offerUuid, partnerUuid] = [
  lastUuid(),
  lastUuid(),
  lastUuid(),
  lastUuid(),
];

const CLICKS = rowBatch<NewClick>([
  ['click_id', 'uuid', ({ clickId }) => uuidFromId(clickId)],
  ['workspace_id', 'uuid', ({ workspaceId }) => workspaceUuid(workspaceId)],
  ['campaign_id', 'uuid', ({ campaignId }) => campaignUuid(campaignId)],
  ['campaign_version', 'integer', ({ campaignVersion }) => campaignVersion],
  ['offer_id', 'uuid', ({ offerId }) => offerUuid(offerId)],
  ['partner_id', 'uuid', ({ partnerId }) => (partnerId === null ? null : partnerUuid(partnerId))],
  ['partner_reason', 'text', ({ partnerReason }) => partnerReason],
  ['visitor_id', 'uuid', ({ visitorId }) => uuidFromId(visitorId)],
  ['clicked_at', 'timestamptz', ({ clickedAtMs }) => clickedAtMs],
  ['expires_at', 'timestamptz', ({ expiresAtMs }) => expiresAtMs],
  ['is_test', 'boolean', ({ isTest }) => isTest],
  ['external_id', 'text', ({ externalId }) => externalId],
  ['subs', 'jsonb', ({ subs }) => JSON.stringify(subs)],
  ['ad_ids', 'jsonb', ({ adIds }) => JSON.stringify(adIds)],
  ['utm', 'jsonb', ({ utm }) => JSON.stringify(utm)],
  ['device', 'text', ({ raw }) => deviceOf(raw.userAgent)],
  ['ip', 'inet', ({ raw }) => raw.ip],
  ['user_agent', 'text', ({ raw }) => raw.userAgent],
  ['referrer', 'text', ({ raw }) => raw.referrer],
  ['query', 'text', ({ raw }) => raw.query],
]);

// In the order of their keys, so that indexes grow at their ends: a page that splits in its middle is written twice.
const RECORD_CLICKS = `
  WITH given AS (
    ${CLICKS.select} ORDER BY click_id
  ), click AS (
    INSERT INTO clicks (click_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id, partner_reason,
      visitor_id, clicked_at, expires_at, is_test, external_id, subs, ad_ids, utm, device)
    SELECT click_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id, partner_reason, visitor_id,
      clicked_at, expires_at, is_test, external_id, subs, ad_ids, utm, device FROM given
  ), raw AS (
    INSERT INTO click_raw (click_id, ip, user_agent, referrer, query)
    SELECT click_id, ip, user_agent, referrer, query FROM given
  )
  INSERT INTO outbox (lane, kind, workspace_id, ref_id, available_at)
  SELECT 2, 'click', workspace_id, click_id, clicked_at FROM given`;

/**
 * Writes clicks, their personal data and outbox rows in one statement, all or none. Once this resolves every
 * one of them will have a journey; if it rejects, nothing but an unanswered statement may have happened.
 */
export async function recordClicks(db: Db, clicks: readonly NewClick[]): Promise<void> {
  await db.raw(RECORD_CLICKS, CLICKS.bindings(clicks)).options({ name: 'record_clicks' });
}
