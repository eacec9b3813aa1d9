import { fullLink } from '../domain/campaign-link';
import { type CampaignId, idFromUuid, type OfferId, type PartnerId, type WorkspaceId } from '../domain/ids';
import type { Db } from './knex';

/** What the click path has to know of a campaign: its current version and the offer behind it. */
export type CatalogCampaign = {
  readonly slug: string;
  readonly workspaceId: WorkspaceId;
  readonly campaignId: CampaignId;
  readonly version: number;
  readonly offerId: OfferId;
  readonly landingUrl: string;
  readonly fallbackUrl: string | null;
  /** Who is credited when the link names no partner. */
  readonly partnerId: PartnerId | null;
  readonly clickWindowDays: number;
  readonly onOutage: 'refuse' | 'landing';
  readonly status: 'active' | 'paused';
};

/** Everything that a click is answered from, as of one moment. */
export type Catalog = {
  /** By each link that leads to them: `workspace/slug`, and the slug alone where that is theirs. */
  readonly campaigns: ReadonlyMap<string, CatalogCampaign>;
  /** Hosts on which every link is of one workspace. */
  readonly hosts: ReadonlyMap<string, WorkspaceId>;
  /** By workspace, then by the code that stands in links. */
  readonly partners: ReadonlyMap<WorkspaceId, ReadonlyMap<string, PartnerId>>;
};

type CampaignRow = {
  slug: string;
  has_short_link: boolean;
  workspace_id: string;
  campaign_id: string;
  version: number;
  offer_id: string;
  landing_url: string;
  fallback_url: string | null;
  partner_id: string | null;
  click_window_days: number;
  on_outage: CatalogCampaign['onOutage'];
  status: CatalogCampaign['status'];
};

/** Reads all campaigns and partner codes of the instance. The channel `catalog_changed` says when to read again. */
export async function loadCatalog(db: Db): Promise<Catalog> {
  const campaigns = await db.raw<{ rows: CampaignRow[] }>(
    `SELECT c.slug, c.has_short_link, c.workspace_id, c.campaign_id, v.version, v.offer_id, o.landing_url, o.fallback_url,
       v.partner_id, v.click_window_days, v.on_outage, v.status
     FROM campaigns AS c
     JOIN campaign_versions AS v ON v.campaign_id = c.campaign_id AND v.version = c.current_version
     JOIN offers AS o ON o.offer_id = v.offer_id`,
  );
  const partners = await db.raw<{ rows: { workspace_id: string; code: string; partner_id: string }[] }>(
    'SELECT workspace_id, code, partner_id FROM partners',
  );
  const hosts = await db.raw<{ rows: { host: string; workspace_id: string }[] }>(
    'SELECT host, workspace_id FROM workspace_hosts',
  );
  return {
    campaigns: new Map(campaigns.rows.flatMap(byLinks)),
    hosts: new Map(hosts.rows.map((row) => [row.host, idFromUuid('wsp', row.workspace_id)])),
    partners: byWorkspace(partners.rows),
  };
}

function byLinks(row: CampaignRow): [link: string, campaign: CatalogCampaign][] {
  const campaign = toCampaign(row);
  const full = fullLink(campaign.workspaceId, row.slug);
  return row.has_short_link
    ? [
        [full, campaign],
        [row.slug, campaign],
      ]
    : [[full, campaign]];
}

function toCampaign(row: CampaignRow): CatalogCampaign {
  return {
    slug: row.slug,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    version: row.version,
    offerId: idFromUuid('off', row.offer_id),
    landingUrl: row.landing_url,
    fallbackUrl: row.fallback_url,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    clickWindowDays: row.click_window_days,
    onOutage: row.on_outage,
    status: row.status,
  };
}

function byWorkspace(
  rows: readonly { workspace_id: string; code: string; partner_id: string }[],
): Map<WorkspaceId, Map<string, PartnerId>> {
  const workspaces = new Map<WorkspaceId, Map<string, PartnerId>>();
  for (const row of rows) {
    const workspaceId = idFromUuid('wsp', row.workspace_id);
    const codes = workspaces.get(workspaceId) ?? new Map<string, PartnerId>();
    workspaces.set(workspaceId, codes.set(row.code, idFromUuid('ptn', row.partner_id)));
  }
  return workspaces;
}
