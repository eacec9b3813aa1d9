import type { AttributionModel } from '../../domain/attribution/models';
import type { Currency } from '../../domain/currencies';
import type { CountryRule } from '../../domain/fraud/country';
import {
  type CampaignId,
  idFromUuid,
  type OfferId,
  type PartnerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Budget, BudgetPeriod } from '../../domain/value/budget';
import type { Pricing } from '../../domain/value/pricing';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

export const CAMPAIGN_STATUSES = ['active', 'paused'] as const;
/** What a browser gets while Postgres is away: an error page that retries, or the landing page untracked. */
export const OUTAGE_POLICIES = ['refuse', 'landing'] as const;

/** What a version of a campaign says; the slug and the id stay. */
export type CampaignTerms = {
  readonly name: string;
  readonly offerId: OfferId;
  readonly partnerId: PartnerId | null;
  readonly attributionModel: AttributionModel;
  readonly clickWindowDays: number;
  readonly viewWindowHours: number;
  /** Of time decay. */
  readonly halfLifeDays: number;
  /** Whether a deal per registration may be paid. */
  readonly paysRegistrations: boolean;
  readonly onOutage: (typeof OUTAGE_POLICIES)[number];
  /** Where the campaign may convert; null: everywhere. */
  readonly countries: CountryRule | null;
  readonly pricing: Pricing;
  /** Null: as much as there is. */
  readonly budget: Budget | null;
  readonly status: (typeof CAMPAIGN_STATUSES)[number];
};

export type Campaign = CampaignTerms & {
  readonly campaignId: CampaignId;
  readonly workspaceId: WorkspaceId;
  readonly slug: string;
  readonly version: number;
  readonly createdAtMs: number;
  /** When the current version was written. */
  readonly updatedAtMs: number;
  readonly link: {
    /** Of the hosts of its workspace the first; null without any. */
    readonly host: string | null;
    /** Whether its slug alone leads to it. */
    readonly isShort: boolean;
  };
};
export type NewCampaign = Omit<Campaign, 'link'>;

type Row = {
  campaign_id: string;
  workspace_id: string;
  slug: string;
  version: number;
  name: string;
  offer_id: string;
  partner_id: string | null;
  attribution_model: AttributionModel;
  click_window_days: number;
  view_window_hours: number;
  half_life_days: number;
  pays_registrations: boolean;
  on_outage: CampaignTerms['onOutage'];
  country_mode: CountryRule['mode'] | null;
  countries: string[] | null;
  click_cost_minor: bigint | null;
  click_cost_currency: Currency | null;
  budget_minor: bigint | null;
  budget_currency: Currency | null;
  budget_period: BudgetPeriod | null;
  status: CampaignTerms['status'];
  host: string | null;
  has_short_link: boolean;
  created_at: Date;
  updated_at: Date;
};

/**
 * Stores a campaign and its version, and gives it as stored. Throws a unique violation of `campaigns_slug_key` when the
 * workspace has the slug already. Short links are one name space for all workspaces, so only the first one's campaigns
 * get any: whether others have a name already is nothing that another could ask for by making campaigns.
 */
export async function insertCampaign(db: Db, campaign: NewCampaign): Promise<Campaign> {
  await db('campaigns').insert({
    campaign_id: uuidFromId(campaign.campaignId),
    workspace_id: uuidFromId(campaign.workspaceId),
    slug: campaign.slug,
    has_short_link: db.raw(
      `(SELECT workspace_id FROM workspaces ORDER BY workspace_id LIMIT 1) = ?
       AND NOT EXISTS (SELECT FROM campaigns WHERE slug = ? AND has_short_link)`,
      [uuidFromId(campaign.workspaceId), campaign.slug],
    ),
    current_version: campaign.version,
    created_at: new Date(campaign.createdAtMs),
  });
  await insertVersion(db, campaign);
  const stored = await findCampaign(db, campaign.workspaceId, campaign.campaignId);
  if (stored === null) throw new Error('a campaign that was just made is not there');
  return stored;
}

/** Appends a version, which becomes the current one. Clicks made before keep the version they were made under. */
export async function appendCampaignVersion(db: Db, campaign: Campaign): Promise<void> {
  await insertVersion(db, campaign);
  await db('campaigns')
    .where({ campaign_id: uuidFromId(campaign.campaignId) })
    .update({ current_version: campaign.version });
}

export async function findCampaign(
  db: Db,
  workspaceId: WorkspaceId,
  campaignId: CampaignId,
): Promise<Campaign | null> {
  const row = await currentVersions(db, workspaceId)
    .where('c.campaign_id', uuidFromId(campaignId))
    .first<Row | undefined>();
  return row === undefined ? null : fromRow(row);
}

/** Holds the campaign's row until the transaction ends. False when the workspace has no such campaign. */
export async function lockCampaign(
  db: Db,
  workspaceId: WorkspaceId,
  campaignId: CampaignId,
): Promise<boolean> {
  const row = await db('campaigns')
    .where({ workspace_id: uuidFromId(workspaceId), campaign_id: uuidFromId(campaignId) })
    .forNoKeyUpdate()
    .first<{ campaign_id: string } | undefined>('campaign_id');
  return row !== undefined;
}

export async function listCampaigns(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Campaign>> {
  // One level down, because inside the join the id column is ambiguous.
  const query = db.select().from(currentVersions(db, workspaceId).as('current'));
  return pageOf(query, 'campaign_id', page, fromRow);
}

/** A campaign's budget, and whether any version of it has a price per click. */
export type CampaignBudget = {
  readonly campaignId: CampaignId;
  readonly budget: Budget;
  readonly hasClickCost: boolean;
};

/** The budgets in force of those among the campaigns that have one. */
export async function loadBudgets(
  db: Db,
  workspaceId: WorkspaceId,
  campaignIds: readonly CampaignId[],
): Promise<CampaignBudget[]> {
  const rows: (Row & { has_click_cost: boolean })[] = await currentVersions(db, workspaceId)
    .select(
      db.raw(`EXISTS (SELECT FROM campaign_versions AS x
        WHERE x.campaign_id = c.campaign_id AND x.pricing_model = 'cpc') AS has_click_cost`),
    )
    .whereRaw('c.campaign_id = ANY(?)', [campaignIds.map(uuidFromId)])
    .whereNotNull('v.budget_minor');
  return rows.flatMap((row) => {
    const [campaignId, budget] = [idFromUuid('cmp', row.campaign_id), budgetOf(row)];
    return budget === null ? [] : [{ campaignId, budget, hasClickCost: row.has_click_cost }];
  });
}

function currentVersions(db: Db, workspaceId: WorkspaceId) {
  return db('campaigns as c')
    .join('campaign_versions as v', (on) =>
      on.on('v.campaign_id', 'c.campaign_id').on('v.version', 'c.current_version'),
    )
    .where('c.workspace_id', uuidFromId(workspaceId))
    .select(
      'c.campaign_id',
      'c.workspace_id',
      'c.slug',
      'v.version',
      'v.name',
      'v.offer_id',
      'v.partner_id',
      'v.attribution_model',
      'v.click_window_days',
      'v.view_window_hours',
      'v.half_life_days',
      'v.pays_registrations',
      'v.on_outage',
      'v.country_mode',
      'v.countries',
      'v.click_cost_minor',
      'v.click_cost_currency',
      'v.budget_minor',
      'v.budget_currency',
      'v.budget_period',
      'v.status',
      'c.has_short_link',
      db.raw(
        `(SELECT h.host FROM workspace_hosts AS h WHERE h.workspace_id = c.workspace_id ORDER BY h.host LIMIT 1) AS host`,
      ),
      'c.created_at',
      'v.created_at as updated_at',
    );
}

async function insertVersion(db: Db, campaign: NewCampaign): Promise<void> {
  await db('campaign_versions').insert({
    campaign_id: uuidFromId(campaign.campaignId),
    version: campaign.version,
    name: campaign.name,
    offer_id: uuidFromId(campaign.offerId),
    partner_id: campaign.partnerId === null ? null : uuidFromId(campaign.partnerId),
    attribution_model: campaign.attributionModel,
    click_window_days: campaign.clickWindowDays,
    view_window_hours: campaign.viewWindowHours,
    half_life_days: campaign.halfLifeDays,
    pays_registrations: campaign.paysRegistrations,
    on_outage: campaign.onOutage,
    country_mode: campaign.countries?.mode ?? null,
    countries: campaign.countries === null ? null : [...campaign.countries.list],
    pricing_model: campaign.pricing.model,
    click_cost_minor: campaign.pricing.cost?.amountMinor ?? null,
    click_cost_currency: campaign.pricing.cost?.currency ?? null,
    budget_minor: campaign.budget?.money.amountMinor ?? null,
    budget_currency: campaign.budget?.money.currency ?? null,
    budget_period: campaign.budget?.period ?? null,
    status: campaign.status,
    created_at: new Date(campaign.updatedAtMs),
  });
}

function fromRow(row: Row): Campaign {
  return {
    campaignId: idFromUuid('cmp', row.campaign_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    slug: row.slug,
    version: row.version,
    name: row.name,
    offerId: idFromUuid('off', row.offer_id),
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    attributionModel: row.attribution_model,
    clickWindowDays: row.click_window_days,
    viewWindowHours: row.view_window_hours,
    halfLifeDays: row.half_life_days,
    paysRegistrations: row.pays_registrations,
    onOutage: row.on_outage,
    countries:
      row.country_mode === null || row.countries === null
        ? null
        : { mode: row.country_mode, list: row.countries },
    pricing: pricingOf(row),
    budget: budgetOf(row),
    status: row.status,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    link: { host: row.host, isShort: row.has_short_link },
  };
}

function pricingOf({ click_cost_minor: amountMinor, click_cost_currency: currency }: Row): Pricing {
  // The table keeps model and cost together.
  if (amountMinor === null || currency === null) return { model: 'cpa', cost: null };
  return { model: 'cpc', cost: { amountMinor, currency } };
}

function budgetOf(row: Row): Budget | null {
  const { budget_minor: amountMinor, budget_currency: currency, budget_period: period } = row;
  if (amountMinor === null || currency === null || period === null) return null;
  return { money: { amountMinor, currency }, period };
}
