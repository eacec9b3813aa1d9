import type { IncomingMessage } from 'node:http';
import type { CatalogCampaign } from '../../db/catalog';
import { linkOnHost } from '../../domain/campaign-link';
import type { PartnerId } from '../../domain/ids';
import { clientAddress, type TrustedProxies } from '../client-address';
import type { ApiDeps } from '../deps';
import type { ClickQuery } from './click-query';

const MAX_HEADER_LENGTH = 1_024;
const MAX_QUERY_LENGTH = 8_192;

/** The query as it came, without its question mark. */
export function rawQueryOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** What a path of `/c/` or `/i/` names: a slug, or a workspace and a slug. */
export const LINK_PATTERN = '(?:wsp_[0-9a-z]{26}/)?[^/?#]+';

/** The campaign that a link means on the host on which it was followed; null when there is none. */
export function linkedCampaign(
  { catalog }: ApiDeps,
  req: IncomingMessage,
  link: string,
): CatalogCampaign | null {
  const meant = linkOnHost(link, catalog.workspaceOfHost(req.headers.host));
  return meant === null ? null : catalog.findCampaign(meant);
}

/** The personal data of a browser's request, cut to a length that can be kept; `isSaid` when its query is held elsewhere. */
export function browserData(req: IncomingMessage, proxies: TrustedProxies, isSaid: boolean) {
  return {
    ip: clientAddress(req, proxies),
    userAgent: cutHeader(req.headers['user-agent']),
    referrer: cutHeader(req.headers.referer),
    // Most links say nothing else than what their click holds: a second copy would be a third of the row.
    query: isSaid ? null : rawQueryOf(req).slice(0, MAX_QUERY_LENGTH),
  };
}

/** Who brought the visitor: the partner that the link names, else the campaign's, with the reason. */
export function partnerOf(
  deps: ApiDeps,
  campaign: CatalogCampaign,
  { partnerCode }: ClickQuery,
): { partnerId: PartnerId | null; partnerReason: 'unknown_partner_code' | null } {
  const named = partnerCode === null ? null : deps.catalog.findPartner(campaign.workspaceId, partnerCode);
  return {
    partnerId: named ?? campaign.partnerId,
    partnerReason: partnerCode !== null && named === null ? 'unknown_partner_code' : null,
  };
}

function cutHeader(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value.slice(0, MAX_HEADER_LENGTH);
}
