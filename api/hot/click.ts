import { type Request, type Response, Router } from 'express';
import type { CatalogCampaign } from '../../db/catalog';
import { mintId } from '../../db/mint-id';
import { type NewClick, recordClick } from '../../db/stores/click-store';
import { windowEndMs } from '../../domain/attribution/click-window';
import { renderLandingUrl } from '../../domain/landing-url';
import { fillTemplate } from '../../domain/postback/url-template';
import { forwardedOverHttps, type TrustedProxies, trustedProxies } from '../client-address';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { toAppError } from '../middleware/problem';
import { browserData, partnerOf, rawQueryOf } from './browser-request';
import { RETRY_AFTER_SECONDS, RETRY_PAGE, UNKNOWN_CAMPAIGN_PAGE } from './click-pages';
import { type ClickQuery, readClickQuery } from './click-query';
import { readVisitorCookie, visitorCookie } from './visitor-cookie';

/** Leaves a margin within the two seconds after which a browser must have an answer. */
const RECORD_WITHIN_MS = 1_800;

/**
 * `GET /c/{slug}`: records the click and sends the visitor on. Answers from memory and one INSERT.
 *
 * HEAD (link checkers) is sent on without being recorded. A browser's prefetch gets 503: whoever has not clicked is
 * no click, and only an answer outside 2xx and 3xx makes the browser ask again when the visitor does click.
 */
export function clickRoutes(deps: ApiDeps): Router {
  const proxies = trustedProxies(deps.config.trustedProxies);
  const router = Router();
  router.get('/c/:slug{/}', async (req, res) => {
    res.setHeader('cache-control', 'no-store');
    if (isPrefetch(req)) {
      res.status(503).end();
      return;
    }
    const campaign = deps.catalog.findCampaign(req.params.slug);
    const query = readClickQuery(rawQueryOf(req));
    if (campaign === null) answerUnknown(deps, res);
    else if (campaign.status === 'paused') answerPaused(deps, res, campaign, query);
    else if (req.method === 'HEAD') redirect(res, untrackedUrl(campaign.landingUrl, campaign, query));
    else await answerActive(deps, proxies, { req, res, campaign, query });
  });
  return router;
}

type ActiveClick = { req: Request; res: Response; campaign: CatalogCampaign; query: ClickQuery };

async function answerActive(deps: ApiDeps, proxies: TrustedProxies, active: ActiveClick): Promise<void> {
  const { req, res, campaign, query } = active;
  const click = toClick(deps, proxies, active);
  try {
    await withDeadline(recordClick(deps.db, click), RECORD_WITHIN_MS);
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
  return {
    clickId: mintId('clk', nowMs),
    workspaceId: campaign.workspaceId,
    campaignId: campaign.campaignId,
    campaignVersion: campaign.version,
    offerId: campaign.offerId,
    ...partnerOf(deps, campaign, query),
    visitorId: readVisitorCookie(req.headers.cookie) ?? mintId('vis', nowMs),
    clickedAtMs: nowMs,
    expiresAtMs: windowEndMs(nowMs, campaign.clickWindowDays),
    isTest: query.isTest,
    externalId: query.externalId,
    subs: query.subs,
    adIds: query.adIds,
    utm: query.utm,
    raw: browserData(req, proxies),
  };
}

function landingUrl(campaign: CatalogCampaign, click: NewClick): string {
  return renderLandingUrl(campaign.landingUrl, {
    clickId: click.clickId,
    externalId: click.externalId ?? undefined,
    campaignId: click.campaignId,
    partnerId: click.partnerId ?? undefined,
    subs: click.subs,
  });
}

function answerUnknown(deps: ApiDeps, res: Response): void {
  // Before the first load no slug is known, so none is unknown either.
  if (!deps.catalog.isLoaded()) {
    answerRetry(deps, res);
    return;
  }
  deps.metrics.clicks.inc({ outcome: 'unknown_campaign' });
  sendPage(res, 404, UNKNOWN_CAMPAIGN_PAGE);
}

function answerPaused(deps: ApiDeps, res: Response, campaign: CatalogCampaign, query: ClickQuery): void {
  deps.metrics.clicks.inc({ outcome: 'paused' });
  if (campaign.fallbackUrl === null) sendPage(res, 404, UNKNOWN_CAMPAIGN_PAGE);
  else redirect(res, untrackedUrl(campaign.fallbackUrl, campaign, query));
}

function answerOutage(deps: ApiDeps, res: Response, campaign: CatalogCampaign, query: ClickQuery): void {
  if (campaign.onOutage === 'refuse') {
    answerRetry(deps, res);
    return;
  }
  deps.metrics.clicks.inc({ outcome: 'untracked' });
  redirect(res, untrackedUrl(campaign.landingUrl, campaign, query));
}

function answerRetry(deps: ApiDeps, res: Response): void {
  deps.metrics.clicks.inc({ outcome: 'refused' });
  res.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
  sendPage(res, 503, RETRY_PAGE);
}

/** The page without a click behind it: our id is absent, because an id without a row would be a false promise. */
function untrackedUrl(template: string, campaign: CatalogCampaign, query: ClickQuery): string {
  const values: Readonly<Record<string, string | null | undefined>> = {
    ...query.subs,
    external_id: query.externalId,
    campaign_id: campaign.campaignId,
    partner_id: campaign.partnerId,
  };
  return fillTemplate(template, (name) => values[name] ?? undefined);
}

function redirect(res: Response, url: string): void {
  // Set as rendered: Express would encode once more, and the URL is ASCII with its values encoded already.
  res.setHeader('location', url);
  res.status(302).end();
}

function sendPage(res: Response, status: number, html: string): void {
  res.setHeader('content-security-policy', "default-src 'none'");
  res.setHeader('x-content-type-options', 'nosniff');
  res.status(status).type('html').send(html);
}

function isPrefetch(req: Request): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) => {
    const value = req.headers[name];
    return typeof value === 'string' && /\b(?:prefetch|prerender|preview)\b/i.test(value);
  });
}
