import {
  type CampaignId,
  type ClickId,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';

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
    readonly query: string;
  };
};

/**
 * Writes the click, its visitor, its personal data and its outbox row in one statement, so that once this resolves
 * the click will have a journey, and if it rejects nothing but an unanswered statement may have happened.
 */
export async function recordClick(db: Db, click: NewClick): Promise<void> {
  const clickId = uuidFromId(click.clickId);
  const workspaceId = uuidFromId(click.workspaceId);
  const visitorId = uuidFromId(click.visitorId);
  const clickedAt = new Date(click.clickedAtMs);
  await db.raw(
    `WITH visitor AS (
       INSERT INTO visitors (visitor_id, workspace_id, first_seen_at) VALUES (?, ?, ?)
       ON CONFLICT (visitor_id) DO NOTHING
     ), click AS (
       INSERT INTO clicks (click_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id,
         partner_reason, visitor_id, clicked_at, expires_at, is_test, external_id, subs, ad_ids, utm)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, ?::jsonb)
     ), raw AS (
       INSERT INTO click_raw (click_id, ip, user_agent, referrer, query) VALUES (?, ?::inet, ?, ?, ?)
     )
     INSERT INTO outbox (lane, kind, workspace_id, ref_id, available_at) VALUES (2, 'click', ?, ?, ?)`,
    [
      ...[visitorId, workspaceId, clickedAt],
      ...[
        clickId,
        workspaceId,
        uuidFromId(click.campaignId),
        click.campaignVersion,
        uuidFromId(click.offerId),
      ],
      ...[click.partnerId === null ? null : uuidFromId(click.partnerId), click.partnerReason, visitorId],
      ...[clickedAt, new Date(click.expiresAtMs), click.isTest, click.externalId],
      ...[JSON.stringify(click.subs), JSON.stringify(click.adIds), JSON.stringify(click.utm)],
      ...[clickId, click.raw.ip, click.raw.userAgent, click.raw.referrer, click.raw.query],
      ...[workspaceId, clickId, clickedAt],
    ],
  );
}
