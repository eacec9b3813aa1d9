import type { CampaignRow, CatalogCampaign, CatalogRows, OfferRow, PartnerRow } from '../../db/catalog';
import { fullLink } from '../../domain/campaign-link';
import { idFromUuid, type PartnerId, type WorkspaceId } from '../../domain/ids';

type CampaignEntry = {
  readonly row: CampaignRow;
  /** Made at its first click, of the offer as it was then. */
  made: { readonly campaign: CatalogCampaign; readonly offer: OfferRow } | null;
};
type PartnerEntry = { readonly row: PartnerRow; id: PartnerId | null };

/**
 * The catalog in memory, as rows: most campaigns of an instance get no click in a process' life, so a row is made into
 * what a click needs when the first one asks for it. The one place where a link and a code are looked up.
 */
export class CatalogEntries {
  /** By each link that leads to them: `workspace/slug`, and the slug alone where that is theirs. */
  private readonly campaigns = new Map<string, CampaignEntry>();
  private readonly offers = new Map<string, OfferRow>();
  private readonly partners = new Map<WorkspaceId, Map<string, PartnerEntry>>();
  private readonly codes = new Map<string, string>();
  private readonly workspaces = new Map<string, WorkspaceId>();

  constructor(private readonly makeCampaign = toCampaign) {}

  /** Takes rows over those of the same ids; nothing else is touched. */
  put({ campaigns, offers, partners }: CatalogRows): void {
    for (const offer of offers) this.offers.set(offer.offer_id, offer);
    for (const row of campaigns) this.putCampaign(row);
    for (const partner of partners) this.putPartner(partner);
  }

  findCampaign(link: string): CatalogCampaign | null {
    const entry = this.campaigns.get(link);
    const offer = entry === undefined ? undefined : this.offers.get(entry.row.offer_id);
    if (entry === undefined || offer === undefined) return null;
    if (entry.made?.offer !== offer) entry.made = { campaign: this.makeCampaign(entry.row, offer), offer };
    return entry.made.campaign;
  }

  findPartner(workspaceId: WorkspaceId, code: string): PartnerId | null {
    const entry = this.partners.get(workspaceId)?.get(code);
    if (entry === undefined) return null;
    entry.id ??= idFromUuid('ptn', entry.row.partner_id);
    return entry.id;
  }

  private putCampaign(row: CampaignRow): void {
    const entry = { row, made: null };
    this.campaigns.set(fullLink(this.workspaceOf(row.workspace_id), row.slug), entry);
    if (row.has_short_link) this.campaigns.set(row.slug, entry);
  }

  private putPartner(row: PartnerRow): void {
    const workspaceId = this.workspaceOf(row.workspace_id);
    const codes = this.partners.get(workspaceId) ?? new Map<string, PartnerEntry>();
    this.partners.set(workspaceId, codes);
    const before = this.codes.get(row.partner_id);
    // A code that was given up may be another partner's by now.
    if (before !== undefined && codes.get(before)?.row.partner_id === row.partner_id) codes.delete(before);
    codes.set(row.code, { row, id: null });
    this.codes.set(row.partner_id, row.code);
  }

  private workspaceOf(uuid: string): WorkspaceId {
    const known = this.workspaces.get(uuid);
    if (known !== undefined) return known;
    const id = idFromUuid('wsp', uuid);
    this.workspaces.set(uuid, id);
    return id;
  }
}

function toCampaign(row: CampaignRow, offer: OfferRow): CatalogCampaign {
  return {
    slug: row.slug,
    workspaceId: idFromUuid('wsp', row.workspace_id),
    campaignId: idFromUuid('cmp', row.campaign_id),
    version: row.version,
    offerId: idFromUuid('off', row.offer_id),
    landingUrl: offer.landing_url,
    fallbackUrl: offer.fallback_url,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    clickWindowDays: row.click_window_days,
    onOutage: row.on_outage,
    status: row.status,
  };
}
