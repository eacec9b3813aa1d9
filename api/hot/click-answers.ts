import type { ServerResponse } from 'node:http';
import type { CatalogCampaign } from '../../db/catalog';
import { fillTemplate } from '../../domain/postback/url-template';
import type { ApiDeps } from '../deps';
import { RETRY_AFTER_SECONDS, RETRY_PAGE, UNKNOWN_CAMPAIGN_PAGE } from './click-pages';
import type { ClickQuery } from './click-query';

/** Sends the visitor on. The URL is ASCII with its values encoded already; without a length Node would send chunks. */
export function redirect(res: ServerResponse, url: string): void {
  res.writeHead(302, { location: url, 'content-length': 0 }).end();
}

/** No such campaign: a plain page. Before the first load no slug is known, so none is unknown either. */
export function answerUnknown(deps: ApiDeps, res: ServerResponse): void {
  if (!deps.catalog.isLoaded()) {
    answerRetry(deps, res);
    return;
  }
  deps.metrics.clicks.inc({ outcome: 'unknown_campaign' });
  sendPage(res, 404, UNKNOWN_CAMPAIGN_PAGE);
}

/** A paused campaign: its fallback, or a plain page. */
export function answerPaused(
  deps: ApiDeps,
  res: ServerResponse,
  campaign: CatalogCampaign,
  query: ClickQuery,
): void {
  deps.metrics.clicks.inc({ outcome: 'paused' });
  if (campaign.fallbackUrl === null) sendPage(res, 404, UNKNOWN_CAMPAIGN_PAGE);
  else redirect(res, untrackedUrl(campaign.fallbackUrl, campaign, query));
}

/** The click could not be recorded: as the campaign wants it, come again or go on uncounted. */
export function answerOutage(
  deps: ApiDeps,
  res: ServerResponse,
  campaign: CatalogCampaign,
  query: ClickQuery,
): void {
  if (campaign.onOutage === 'refuse') {
    answerRetry(deps, res);
    return;
  }
  deps.metrics.clicks.inc({ outcome: 'untracked' });
  redirect(res, untrackedUrl(campaign.landingUrl, campaign, query));
}

/** A page that comes again by itself. */
function answerRetry(deps: ApiDeps, res: ServerResponse): void {
  deps.metrics.clicks.inc({ outcome: 'refused' });
  res.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
  sendPage(res, 503, RETRY_PAGE);
}

/** The page without a click behind it: our id is absent, because an id without a row would be a false promise. */
export function untrackedUrl(template: string, campaign: CatalogCampaign, query: ClickQuery): string {
  const values: Readonly<Record<string, string | null | undefined>> = {
    ...query.subs,
    external_id: query.externalId,
    campaign_id: campaign.campaignId,
    partner_id: campaign.partnerId,
  };
  return fillTemplate(template, (name) => values[name] ?? undefined);
}

function sendPage(res: ServerResponse, status: number, html: string): void {
  res.setHeader('content-security-policy', "default-src 'none'");
  res.setHeader('x-content-type-options', 'nosniff');
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  });
  res.end(html);
}
