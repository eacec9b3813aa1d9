import { deviceOf } from '../../domain/device';
import {
  type CampaignId,
  type ImpressionId,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { rowBatch } from './row-batch';

/** An advertisement as a browser loaded its picture; whether anybody saw it is not known yet. */
export type NewImpression = {
  /** Minted with `shownAtMs`: the row's partition follows from it. */
  readonly impressionId: ImpressionId;
  readonly workspaceId: WorkspaceId;
  readonly campaignId: CampaignId;
  readonly campaignVersion: number;
  readonly offerId: OfferId;
  readonly partnerId: PartnerId | null;
  /** Why the credited partner is not the one that the link named; null when it is, or when it named none. */
  readonly partnerReason: 'unknown_partner_code' | null;
  readonly visitorId: VisitorId;
  readonly shownAtMs: number;
  readonly externalId: string | null;
  readonly subs: Readonly<Record<string, string | undefined>>;
  /** Personal data, kept apart so that it can expire. */
  readonly raw: {
    readonly ip: string | null;
    readonly userAgent: string | null;
    readonly referrer: string | null;
    /** The query as it came; null when the columns say everything that it said. */
    readonly query: string | null;
  };
};

const IMPRESSIONS = rowBatch<NewImpression>([
  ['impression_id', 'uuid', ({ impressionId }) => uuidFromId(impressionId)],
  ['workspace_id', 'uuid', ({ workspaceId }) => uuidFromId(workspaceId)],
  ['campaign_id', 'uuid', ({ campaignId }) => uuidFromId(campaignId)],
  ['campaign_version', 'integer', ({ campaignVersion }) => campaignVersion],
  ['offer_id', 'uuid', ({ offerId }) => uuidFromId(offerId)],
  ['partner_id', 'uuid', ({ partnerId }) => (partnerId === null ? null : uuidFromId(partnerId))],
  ['partner_reason', 'text', ({ partnerReason }) => partnerReason],
  ['visitor_id', 'uuid', ({ visitorId }) => uuidFromId(visitorId)],
  ['shown_at', 'timestamptz', ({ shownAtMs }) => shownAtMs],
  ['external_id', 'text', ({ externalId }) => externalId],
  ['subs', 'jsonb', ({ subs }) => JSON.stringify(subs)],
  ['device', 'text', ({ raw }) => deviceOf(raw.userAgent)],
  ['ip', 'inet', ({ raw }) => raw.ip],
  ['user_agent', 'text', ({ raw }) => raw.userAgent],
  ['referrer', 'text', ({ raw }) => raw.referrer],
  ['query', 'text', ({ raw }) => raw.query],
]);

// In the order of their keys, as clicks are.
const RECORD_IMPRESSIONS = `
  WITH given AS (
    ${IMPRESSIONS.select} ORDER BY impression_id
  ), raw AS (
    INSERT INTO impression_raw (impression_id, ip, user_agent, referrer, query)
    SELECT impression_id, ip, user_agent, referrer, query FROM given
  )
  INSERT INTO impressions (impression_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id,
    partner_reason, visitor_id, shown_at, external_id, subs, device)
  SELECT impression_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id, partner_reason,
    visitor_id, shown_at, external_id, subs, device FROM given`;

/** Writes impressions and their personal data in one statement, all or none. No workflow waits for one. */
export async function recordImpressions(db: Db, impressions: readonly NewImpression[]): Promise<void> {
  await db.raw(RECORD_IMPRESSIONS, IMPRESSIONS.bindings(impressions)).options({ name: 'record_impressions' });
}
