import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { CAMPAIGN_STATUSES, type Campaign, OUTAGE_POLICIES } from '../../db/stores/campaign-store';
import {
  ATTRIBUTION_MODELS,
  DEFAULT_CLICK_WINDOW_DAYS,
  DEFAULT_HALF_LIFE_DAYS,
  DEFAULT_VIEW_WINDOW_HOURS,
  MAX_CLICK_WINDOW_DAYS,
  MAX_HALF_LIFE_DAYS,
  MAX_USUAL_CLICK_WINDOW_DAYS,
  MAX_VIEW_WINDOW_HOURS,
} from '../../domain/attribution/models';
import { fullLink } from '../../domain/campaign-link';
import { COUNTRY_MODES } from '../../domain/fraud/country';
import { placeField } from './country';
import { changeOf, idField, instantJson, nameField, nullableIdField, shownId, shownInstant } from './fields';
import { orNull } from './or-null';
import { budgetField, budgetJson, budgetSchema, pricingField, pricingJson, pricingSchema } from './pricing';
import { registerResource } from './resource-operations';

function clickWindowDays() {
  return z.int().min(1).max(MAX_CLICK_WINDOW_DAYS).meta({
    description:
      'Days after the click in which a registration or first deposit still belongs to it. More than 30 is a custom window.',
  });
}

function viewWindowHours() {
  return z.int().min(1).max(MAX_VIEW_WINDOW_HOURS).meta({
    description: 'Hours after a seen impression in which a conversion without a click is credited to it.',
  });
}

function halfLifeDays() {
  return z.int().min(1).max(MAX_HALF_LIFE_DAYS).meta({
    description: 'Of `time_decay`: the age at which a touch weighs half as much.',
  });
}

function paysRegistrations() {
  return z.boolean().meta({
    description: 'Whether a deal per registration (cpl) may be paid here. Leave it off for gambling.',
  });
}

const MAX_COUNTRIES = 250;

function countriesField() {
  return z
    .strictObject({
      mode: z.enum(COUNTRY_MODES),
      list: z
        .array(placeField())
        .min(1, 'must name a country')
        .max(MAX_COUNTRIES)
        .transform((list) => [...new Set(list)]),
    })
    .nullable()
    .meta({
      description:
        'Countries, or regions such as `US-NJ`, in which the campaign may convert, or may not. Another place is a reason of the fraud rule `country_not_allowed`. Of an event whose region is not known, regions say nothing.',
    });
}

export const createCampaignBody = z
  .strictObject({
    slug: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits or hyphens'),
    name: nameField(),
    offerId: idField('off'),
    partnerId: nullableIdField('ptn').optional(),
    attribution: z
      .strictObject({
        model: z.enum(ATTRIBUTION_MODELS),
        clickWindowDays: clickWindowDays().default(DEFAULT_CLICK_WINDOW_DAYS),
        viewWindowHours: viewWindowHours().default(DEFAULT_VIEW_WINDOW_HOURS),
        halfLifeDays: halfLifeDays().default(DEFAULT_HALF_LIFE_DAYS),
      })
      .default({
        model: 'last_touch',
        clickWindowDays: DEFAULT_CLICK_WINDOW_DAYS,
        viewWindowHours: DEFAULT_VIEW_WINDOW_HOURS,
        halfLifeDays: DEFAULT_HALF_LIFE_DAYS,
      }),
    paysRegistrations: paysRegistrations().default(false),
    onOutage: z.enum(OUTAGE_POLICIES).default('refuse'),
    countries: countriesField().optional(),
    pricing: pricingField().default({ model: 'cpa', cost: null }),
    budget: budgetField().default(null),
    status: z.enum(CAMPAIGN_STATUSES).default('active'),
  })
  .meta({ id: 'NewCampaign' });

export const changeCampaignBody = changeOf({
  name: nameField().optional(),
  offerId: idField('off').optional(),
  partnerId: nullableIdField('ptn').optional(),
  attribution: z
    .strictObject({
      model: z.enum(ATTRIBUTION_MODELS).optional(),
      clickWindowDays: clickWindowDays().optional(),
      viewWindowHours: viewWindowHours().optional(),
      halfLifeDays: halfLifeDays().optional(),
    })
    .optional(),
  paysRegistrations: paysRegistrations().optional(),
  onOutage: z.enum(OUTAGE_POLICIES).optional(),
  countries: countriesField().optional(),
  pricing: pricingField().optional(),
  budget: budgetField().optional(),
  status: z.enum(CAMPAIGN_STATUSES).optional(),
}).meta({ id: 'CampaignChange' });

export const campaignSchema = z
  .object({
    campaignId: shownId('cmp'),
    slug: z.string(),
    clickUrl: z.string().meta({
      description:
        'The link to advertise. A slug is the workspace’s own: where others share the host, the workspace stands before it.',
    }),
    version: z.int(),
    name: z.string(),
    offerId: shownId('off'),
    partnerId: shownId('ptn').nullable(),
    attribution: z.object({
      model: z.enum(ATTRIBUTION_MODELS),
      clickWindowDays: z.int(),
      isCustomWindow: z.boolean(),
      viewWindowHours: z.int(),
      halfLifeDays: z.int(),
    }),
    paysRegistrations: z.boolean(),
    onOutage: z.enum(OUTAGE_POLICIES),
    countries: z.object({ mode: z.enum(COUNTRY_MODES), list: z.array(z.string()).readonly() }).nullable(),
    pricing: pricingSchema,
    budget: orNull(budgetSchema),
    status: z.enum(CAMPAIGN_STATUSES),
    createdAt: shownInstant(),
    updatedAt: shownInstant(),
  })
  .meta({ id: 'Campaign' });

/** On a host of the workspace, or as a short link, the slug alone says whose it is; elsewhere the workspace stands before it. */
function clickUrlOf({ workspaceId, slug, link }: Campaign, publicUrl: string): string {
  if (link.host === null) return `${publicUrl}/c/${link.isShort ? slug : fullLink(workspaceId, slug)}`;
  const url = new URL(publicUrl);
  url.hostname = link.host;
  return `${url.origin}/c/${slug}`;
}

/** `publicUrl` is where browsers reach this instance. */
export function campaignJson(campaign: Campaign, publicUrl: string): z.input<typeof campaignSchema> {
  return {
    campaignId: campaign.campaignId,
    slug: campaign.slug,
    clickUrl: clickUrlOf(campaign, publicUrl),
    version: campaign.version,
    name: campaign.name,
    offerId: campaign.offerId,
    partnerId: campaign.partnerId,
    attribution: {
      model: campaign.attributionModel,
      clickWindowDays: campaign.clickWindowDays,
      isCustomWindow: campaign.clickWindowDays > MAX_USUAL_CLICK_WINDOW_DAYS,
      viewWindowHours: campaign.viewWindowHours,
      halfLifeDays: campaign.halfLifeDays,
    },
    paysRegistrations: campaign.paysRegistrations,
    onOutage: campaign.onOutage,
    countries: campaign.countries,
    pricing: pricingJson(campaign.pricing),
    budget: campaign.budget === null ? null : budgetJson(campaign.budget),
    status: campaign.status,
    createdAt: instantJson(campaign.createdAtMs),
    updatedAt: instantJson(campaign.updatedAtMs),
  };
}

/** What a campaign's body says, as the audit keeps it. */
export function campaignChangeJson(body: z.output<typeof changeCampaignBody>): object {
  const { pricing, budget, ...rest } = body;
  return {
    ...rest,
    ...(pricing !== undefined && { pricing: pricingJson(pricing) }),
    ...(budget !== undefined && { budget: budget && budgetJson(budget) }),
  };
}

export function registerCampaignPaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Campaigns',
    path: '/v1/campaigns',
    one: 'campaign',
    prefix: 'cmp',
    idName: 'campaignId',
    createBody: createCampaignBody,
    changeBody: changeCampaignBody,
    answer: campaignSchema,
    problems: ['already_exists'],
  });
}
