import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { recordClicks } from '../../db/stores/click-store';
import { windowEndMs } from '../../domain/attribution/click-window';
import {
  type CampaignId,
  type ClickId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';

/** A browser of a person: one that names nothing else but Mozilla asks for review. */
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A click with its outbox row, as the redirect records it. `clickId` lets a click appear after its events. */
export async function recordTestClick(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly campaignId: CampaignId;
    readonly clickedAtMs: number;
    readonly clickId?: ClickId;
    readonly partnerId?: PartnerId;
    readonly visitorId?: VisitorId;
    /** Of the campaign's first version unless it is given. */
    readonly expiresAtMs?: number;
    readonly adIds?: Readonly<Record<string, string>>;
    readonly utm?: Readonly<Record<string, string>>;
    readonly externalId?: string;
    readonly subs?: Readonly<Record<string, string>>;
    readonly userAgent?: string;
    readonly ip?: string;
    readonly isTest?: boolean;
  },
): Promise<ClickId> {
  const { clickedAtMs } = given;
  const clickId = given.clickId ?? mintId('clk', clickedAtMs);
  const version = await db('campaign_versions')
    .where({ campaign_id: uuidFromId(given.campaignId), version: 1 })
    .first('offer_id', 'click_window_days');
  await recordClicks(db, [
    {
      clickId,
      workspaceId: given.workspaceId,
      campaignId: given.campaignId,
      campaignVersion: 1,
      offerId: idFromUuid('off', version.offer_id),
      partnerId: given.partnerId ?? null,
      partnerReason: null,
      visitorId: given.visitorId ?? mintId('vis', clickedAtMs),
      clickedAtMs,
      expiresAtMs: given.expiresAtMs ?? windowEndMs(clickedAtMs, version.click_window_days),
      isTest: given.isTest ?? false,
      externalId: given.externalId ?? null,
      subs: given.subs ?? {},
      adIds: given.adIds ?? {},
      utm: given.utm ?? {},
      raw: {
        ip: given.ip ?? '203.0.113.7',
        userAgent: given.userAgent ?? FIREFOX,
        referrer: null,
        query: '',
      },
    },
  ]);
  return clickId;
}
