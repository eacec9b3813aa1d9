import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { recordImpressions } from '../../db/stores/impression-store';
import {
  type CampaignId,
  type ImpressionId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
  type VisitorId,
  type WorkspaceId,
} from '../../domain/ids';

/** An impression as its picture records it; seen only when a time is given. */
export async function recordTestImpression(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly campaignId: CampaignId;
    readonly visitorId: VisitorId;
    readonly shownAtMs: number;
    readonly viewableAtMs?: number | undefined;
    readonly partnerId?: PartnerId;
  },
): Promise<ImpressionId> {
  const impressionId = mintId('imp', given.shownAtMs);
  const version = await db('campaign_versions')
    .where({ campaign_id: uuidFromId(given.campaignId), version: 1 })
    .first('offer_id');
  await recordImpressions(db, [
    {
      impressionId,
      workspaceId: given.workspaceId,
      campaignId: given.campaignId,
      campaignVersion: 1,
      offerId: idFromUuid('off', version.offer_id),
      partnerId: given.partnerId ?? null,
      partnerReason: null,
      visitorId: given.visitorId,
      shownAtMs: given.shownAtMs,
      externalId: null,
      subs: {},
      raw: { ip: null, userAgent: null, referrer: null, query: '' },
    },
  ]);
  if (given.viewableAtMs !== undefined) {
    await db('impressions')
      .where('impression_id', uuidFromId(impressionId))
      .update({ viewable_at: new Date(given.viewableAtMs) });
  }
  return impressionId;
}
