import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type AttributionModel,
  DEFAULT_CLICK_WINDOW_DAYS,
  DEFAULT_HALF_LIFE_DAYS,
  DEFAULT_VIEW_WINDOW_HOURS,
} from '../../domain/attribution/models';
import {
  type CampaignId,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';

export async function insertOffer(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly name?: string;
    readonly landingUrl?: string;
    readonly fallbackUrl?: string;
  },
): Promise<OfferId> {
  const nowMs = Date.now();
  const offerId = mintId('off', nowMs);
  await db('offers').insert({
    offer_id: uuidFromId(offerId),
    workspace_id: uuidFromId(given.workspaceId),
    name: given.name ?? 'An offer',
    landing_url: given.landingUrl ?? 'https://casino.example/land?click_id={click_id}',
    fallback_url: given.fallbackUrl ?? null,
    created_at: new Date(nowMs),
  });
  return offerId;
}

/** An active campaign in its first version, with an offer of its own unless one is given. */
export async function insertCampaign(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly slug?: string;
    readonly offerId?: OfferId;
    readonly partnerId?: PartnerId;
    readonly model?: AttributionModel;
    readonly clickWindowDays?: number;
    readonly viewWindowHours?: number;
    readonly halfLifeDays?: number;
    readonly paysRegistrations?: boolean;
    readonly status?: 'active' | 'paused';
    readonly onOutage?: 'refuse' | 'landing';
  },
): Promise<CampaignId> {
  const nowMs = Date.now();
  const campaignId = mintId('cmp', nowMs);
  const offerId = given.offerId ?? (await insertOffer(db, given));
  await db('campaigns').insert({
    campaign_id: uuidFromId(campaignId),
    workspace_id: uuidFromId(given.workspaceId),
    slug: given.slug ?? campaignId.replace('_', '-'),
    current_version: 1,
    created_at: new Date(nowMs),
  });
  await db('campaign_versions').insert({
    campaign_id: uuidFromId(campaignId),
    version: 1,
    name: 'A campaign',
    offer_id: uuidFromId(offerId),
    partner_id: given.partnerId === undefined ? null : uuidFromId(given.partnerId),
    attribution_model: given.model ?? 'last_touch',
    click_window_days: given.clickWindowDays ?? DEFAULT_CLICK_WINDOW_DAYS,
    view_window_hours: given.viewWindowHours ?? DEFAULT_VIEW_WINDOW_HOURS,
    half_life_days: given.halfLifeDays ?? DEFAULT_HALF_LIFE_DAYS,
    pays_registrations: given.paysRegistrations ?? false,
    on_outage: given.onOutage ?? 'refuse',
    status: given.status ?? 'active',
    created_at: new Date(nowMs),
  });
  return campaignId;
}
