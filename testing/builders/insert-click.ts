import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type CampaignId,
  type ClickId,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertCampaign } from './insert-campaign';

/** A click of now with a window of 30 days, on a campaign and by a visitor of its own unless they are given. */
export async function insertClick(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly campaignId?: CampaignId;
    readonly partnerId?: PartnerId;
    readonly partnerReason?: string;
    readonly visitorId?: VisitorId;
    readonly clickedAtMs?: number;
    readonly expiresAtMs?: number;
    readonly closedAtMs?: number;
    readonly externalId?: string;
    readonly subs?: Readonly<Record<string, string>>;
    readonly adIds?: Readonly<Record<string, string>>;
    readonly utm?: Readonly<Record<string, string>>;
  },
): Promise<ClickId> {
  const clickedAtMs = given.clickedAtMs ?? Date.now();
  const clickId = mintId('clk', clickedAtMs);
  const campaignId = given.campaignId ?? (await insertCampaign(db, { workspaceId: given.workspaceId }));
  const version = await db('campaign_versions')
    .where({ campaign_id: uuidFromId(campaignId), version: 1 })
    .first('offer_id');
  await db('clicks').insert({
    click_id: uuidFromId(clickId),
    workspace_id: uuidFromId(given.workspaceId),
    campaign_id: uuidFromId(campaignId),
    campaign_version: 1,
    offer_id: version.offer_id,
    partner_id: given.partnerId === undefined ? null : uuidFromId(given.partnerId),
    partner_reason: given.partnerReason ?? null,
    visitor_id: uuidFromId(given.visitorId ?? mintId('vis', clickedAtMs)),
    clicked_at: new Date(clickedAtMs),
    expires_at: new Date(given.expiresAtMs ?? clickedAtMs + 30 * DAY_MS),
    external_id: given.externalId ?? null,
    subs: JSON.stringify(given.subs ?? {}),
    ad_ids: JSON.stringify(given.adIds ?? {}),
    utm: JSON.stringify(given.utm ?? {}),
    closed_at: given.closedAtMs === undefined ? null : new Date(given.closedAtMs),
  });
  return clickId;
}
