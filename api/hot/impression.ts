import { type Request, type Response, Router } from 'express';
import type { CatalogCampaign } from '../../db/catalog';
import { mintId } from '../../db/mint-id';
import { type NewImpression, recordImpression } from '../../db/stores/impression-store';
import { forwardedOverHttps, type TrustedProxies, trustedProxies } from '../client-address';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { toAppError } from '../middleware/problem';
import { browserData, partnerOf, rawQueryOf } from './browser-request';
import { readClickQuery } from './click-query';
import { sendPixel } from './gif';
import { readVisitorCookie, visitorCookie } from './visitor-cookie';

/** Leaves a margin within the two seconds after which a browser must have an answer. */
const RECORD_WITHIN_MS = 1_800;

/**
 * `GET /i/{slug}.gif`: records that an advertisement was loaded, and answers with a picture. From memory and one
 * INSERT, like a click; it starts no journey and is no touch until it is known to have been seen.
 */
export function impressionRoutes(deps: ApiDeps): Router {
  const proxies = trustedProxies(deps.config.trustedProxies);
  const router = Router();
  router.get('/i/:slug.gif', async (req, res) => {
    const outcome = req.method === 'HEAD' ? null : await takeImpression(deps, proxies, req, res);
    if (outcome !== null) deps.metrics.impressions.inc({ outcome });
    sendPixel(res, outcome === 'refused' ? 'unavailable' : 'answered');
  });
  return router;
}

type Outcome = 'recorded' | 'unknown_campaign' | 'paused' | 'refused';

async function takeImpression(
  deps: ApiDeps,
  proxies: TrustedProxies,
  req: Request,
  res: Response,
): Promise<Outcome> {
  const campaign = deps.catalog.findCampaign(String(req.params.slug));
  // Before the first load no slug is known, so none is unknown either.
  if (campaign === null) return deps.catalog.isLoaded() ? 'unknown_campaign' : 'refused';
  if (campaign.status === 'paused') return 'paused';
  const impression = toImpression(deps, proxies, req, campaign);
  try {
    await withDeadline(recordImpression(deps.db, impression), RECORD_WITHIN_MS);
  } catch (error) {
    const level = toAppError(error).code === 'unavailable' ? 'warn' : 'error';
    deps.logger[level]({ err: error, slug: campaign.slug }, 'impression not recorded');
    return 'refused';
  }
  const secure = deps.config.publicUrl.startsWith('https:') || forwardedOverHttps(req, proxies);
  res.setHeader('set-cookie', visitorCookie(impression.visitorId, { secure }));
  return 'recorded';
}

function toImpression(
  deps: ApiDeps,
  proxies: TrustedProxies,
  req: Request,
  campaign: CatalogCampaign,
): NewImpression {
  const nowMs = deps.clock.nowMs();
  const query = readClickQuery(rawQueryOf(req));
  return {
    impressionId: mintId('imp', nowMs),
    workspaceId: campaign.workspaceId,
    campaignId: campaign.campaignId,
    campaignVersion: campaign.version,
    offerId: campaign.offerId,
    ...partnerOf(deps, campaign, query),
    visitorId: readVisitorCookie(req.headers.cookie) ?? mintId('vis', nowMs),
    shownAtMs: nowMs,
    externalId: query.externalId,
    subs: query.subs,
    raw: browserData(req, proxies),
  };
}
