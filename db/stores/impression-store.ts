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
    readonly query: string;
  };
};

/** Writes the impression, its visitor and its personal data in one statement. No workflow waits for one. */
export async function recordImpression(db: Db, impression: NewImpression): Promise<void> {
  const impressionId = uuidFromId(impression.impressionId);
  const workspaceId = uuidFromId(impression.workspaceId);
  const visitorId = uuidFromId(impression.visitorId);
  const shownAt = new Date(impression.shownAtMs);
  const { partnerId, raw } = impression;
  await db.raw(
    `WITH visitor AS (
       INSERT INTO visitors (visitor_id, workspace_id, first_seen_at) VALUES (?, ?, ?)
       ON CONFLICT (visitor_id) DO NOTHING
     ), raw AS (
       INSERT INTO impression_raw (impression_id, ip, user_agent, referrer, query) VALUES (?, ?::inet, ?, ?, ?)
     )
     INSERT INTO impressions (impression_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id,
       partner_reason, visitor_id, shown_at, external_id, subs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb)`,
    [
      ...[visitorId, workspaceId, shownAt],
      ...[impressionId, raw.ip, raw.userAgent, raw.referrer, raw.query],
      ...[impressionId, workspaceId, uuidFromId(impression.campaignId), impression.campaignVersion],
      ...[uuidFromId(impression.offerId), partnerId === null ? null : uuidFromId(partnerId)],
      ...[
        impression.partnerReason,
        visitorId,
        shownAt,
        impression.externalId,
        JSON.stringify(impression.subs),
      ],
    ],
  );
}
