import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CatalogCampaign } from '../../db/catalog';
import { mintId } from '../../db/mint-id';
import { type NewImpression, recordImpressions } from '../../db/stores/impression-store';
import { forwardedOverHttps, type TrustedProxies, trustedProxies } from '../client-address';
import type { ApiDeps } from '../deps';
import { toAppError } from '../middleware/problem';
import { browserData, LINK_PATTERN, linkedCampaign, partnerOf, rawQueryOf } from './browser-request';
import { readClickQuery } from './click-query';
import { sendPixel } from './gif';
import type { HotRoute } from './hot-listener';
import { type Recorder, recordTogether } from './record-together';
import { readVisitorCookie, visitorCookie } from './visitor-cookie';

/**
 * `GET /i/{slug}.gif` and `/i/{workspace}/{slug}.gif`: records that an advertisement was loaded, and answers with a picture. From memory and its share
 * of one INSERT, like a click; it starts no journey and is no touch until it is known to have been seen.
 */
export function impressionRoute(deps: ApiDeps): HotRoute {
  const proxies = trustedProxies(deps.config.trustedProxies);
  const impressions = recordTogether<NewImpression>((batch) => recordImpressions(deps.clickDb, batch));
  return {
    pattern: '/i/:slug.gif',
    path: new RegExp(`^/i/(${LINK_PATTERN})\\.gif/?(?:[?#]|$)`),
    answer: async (req, res, link) => {
      const outcome =
        req.method === 'HEAD' ? null : await take({ deps, proxies, impressions }, { req, res, link });
      if (outcome !== null) deps.metrics.impressions.inc({ outcome });
      sendPixel(res, outcome === 'refused' ? 'unavailable' : 'answered');
    },
  };
}

type Outcome = 'recorded' | 'unknown_campaign' | 'paused' | 'refused';

type Surroundings = {
  readonly deps: ApiDeps;
  readonly proxies: TrustedProxies;
  readonly impressions: Recorder<NewImpression>;
};

type Shown = { readonly req: IncomingMessage; readonly res: ServerResponse; readonly link: string };

async function take(
  { deps, proxies, impressions }: Surroundings,
  { req, res, link }: Shown,
): Promise<Outcome> {
  const campaign = linkedCampaign(deps, req, link);
  // Before the first load no slug is known, so none is unknown either.
  if (campaign === null) return deps.catalog.isLoaded() ? 'unknown_campaign' : 'refused';
  if (campaign.status === 'paused') return 'paused';
  const impression = toImpression(deps, proxies, req, campaign);
  try {
    await impressions.add(impression);
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
  req: IncomingMessage,
  campaign: CatalogCampaign,
): NewImpression {
  const nowMs = deps.clock.nowMs();
  const query = readClickQuery(rawQueryOf(req));
  const partner = partnerOf(deps, campaign, query);
  // An impression has no columns for ad ids and utm.
  const isSaid =
    query.isWhole && partner.partnerReason === null && isEmpty(query.adIds) && isEmpty(query.utm);
  return {
    impressionId: mintId('imp', nowMs),
    workspaceId: campaign.workspaceId,
    campaignId: campaign.campaignId,
    campaignVersion: campaign.version,
    offerId: campaign.offerId,
    ...partner,
    visitorId: readVisitorCookie(req.headers.cookie) ?? mintId('vis', nowMs),
    shownAtMs: nowMs,
    externalId: query.externalId,
    subs: query.subs,
    raw: browserData(req, proxies, isSaid),
  };
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}
