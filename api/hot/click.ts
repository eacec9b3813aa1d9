import type { IncomingMessage, ServerResponse } from 'node:http';
import { faultPoint } from '../../config/fault-points';
import type { CatalogCampaign } from '../../db/catalog';
import { mintId } from '../../db/mint-id';
import { type NewClick, recordClicks } from '../../db/stores/click-store';
import { windowEndMs } from '../../domain/attribution/click-window';
import { compileLandingTemplate, type LandingTemplate } from '../../domain/landing-url';
import { forwardedOverHttps, type TrustedProxies, trustedProxies } from '../client-address';
import type { ApiDeps } from '../deps';
import { toAppError } from '../middleware/problem';
import { browserData, LINK_PATTERN, linkedCampaign, partnerOf, rawQueryOf } from './browser-request';
import { answerOutage, answerPaused, answerUnknown, redirect, untrackedUrl } from './click-answers';
import { type ClickQuery, readClickQuery } from './click-query';
import type { HotRoute } from './hot-listener';
import { type Recorder, recordTogether } from './record-together';
import { readVisitorCookie, visitorCookie } from './visitor-cookie';

/**
 * `GET /c/{slug}` and `/c/{workspace}/{slug}`: records the click and sends the visitor on. Answers from memory and its share of one INSERT.
 *
 * HEAD (link checkers) is sent on without being recorded. A browser's prefetch gets 503: whoever has not clicked is
 * no click, and only an answer outside 2xx and 3xx makes the browser ask again when the visitor does click.
 */
export function clickRoute(deps: ApiDeps): HotRoute {
  const proxies = trustedProxies(deps.config.trustedProxies);
  const clicks = recordTogether<NewClick>((batch) => recordClicks(deps.clickDb, batch));
  return {
    pattern: '/c/:slug{/}',
    path: new RegExp(`^/c/(${LINK_PATTERN})/?(?:[?#]|$)`),
    answer: async (req, res, link) => {
      res.setHeader('cache-control', 'no-store');
      if (isPrefetch(req)) {
        res.writeHead(503).end();
        return;
      }
      const campaign = linkedCampaign(deps, req, link);
      const query = readClickQuery(rawQueryOf(req));
      if (campaign === null) answerUnknown(deps, res);
      else if (campaign.status === 'paused') answerPaused(deps, res, campaign, query);
      else if (req.method === 'HEAD') redirect(res, untrackedUrl(campaign.landingUrl, campaign, query));
      else await answerActive({ deps, proxies, clicks }, { req, res, campaign, query });
    },
  };
}

type ActiveClick = {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly campaign: CatalogCampaign;
  readonly query: ClickQuery;
};

type Surroundings = {
  readonly deps: ApiDeps;
  readonly proxies: TrustedProxies;
  readonly clicks: Recorder<NewClick>;
};

async function answerActive({ deps, proxies, clicks }: Surroundings, active: ActiveClick): Promise<void> {
  const { req, res, campaign, query } = active;
  const click = toClick(deps, proxies, active);
  try {
    faultPoint('click-before-insert');
    await clicks.add(click);
    faultPoint('click-after-commit');
  } catch (error) {
    const level = toAppError(error).code === 'unavailable' ? 'warn' : 'error';
    deps.logger[level]({ err: error, slug: campaign.slug }, 'click not recorded');
    answerOutage(deps, res, campaign, query);
    return;
  }
  deps.metrics.clicks.inc({ outcome: 'recorded' });
  const secure = deps.config.publicUrl.startsWith('https:') || forwardedOverHttps(req, proxies);
  res.setHeader('set-cookie', visitorCookie(click.visitorId, { secure }));
  redirect(res, landingUrl(campaign, click));
}

function toClick(deps: ApiDeps, proxies: TrustedProxies, { req, campaign, query }: ActiveClick): NewClick {
  const nowMs = deps.clock.nowMs();
  const partner = partnerOf(deps, campaign, query);
  return {
    clickId: mintId('clk', nowMs),
    workspaceId: campaign.workspaceId,
    campaignId: campaign.campaignId,
    campaignVersion: campaign.version,
    offerId: campaign.offerId,
    ...partner,
    visitorId: readVisitorCookie(req.headers.cookie) ?? mintId('vis', nowMs),
    clickedAtMs: nowMs,
    expiresAtMs: windowEndMs(nowMs, campaign.clickWindowDays),
    isTest: query.isTest,
    externalId: query.externalId,
    subs: query.subs,
    adIds: query.adIds,
    utm: query.utm,
    raw: browserData(req, proxies, query.isWhole && partner.partnerReason === null),
  };
}

/** A campaign of the catalog is a new object after each change. */
const landingTemplates = new WeakMap<CatalogCampaign, LandingTemplate>();

function landingUrl(campaign: CatalogCampaign, click: NewClick): string {
  let template = landingTemplates.get(campaign);
  if (template === undefined) {
    template = compileLandingTemplate(campaign.landingUrl);
    landingTemplates.set(campaign, template);
  }
  return template({
    clickId: click.clickId,
    externalId: click.externalId ?? undefined,
    campaignId: click.campaignId,
    partnerId: click.partnerId ?? undefined,
    subs: click.subs,
  });
}

function isPrefetch({ headers }: IncomingMessage): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) => {
    const value = headers[name];
    return typeof value === 'string' && /\b(?:prefetch|prerender|preview)\b/i.test(value);
  });
}
