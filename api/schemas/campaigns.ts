import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { CAMPAIGN_STATUSES, type Campaign, OUTAGE_POLICIES } from '../../db/stores/campaign-store';
import {
  ATTRIBUTION_MODELS,
  DEFAULT_CLICK_WINDOW_DAYS,
  MAX_CLICK_WINDOW_DAYS,
} from '../../domain/attribution/models';
import { COUNTRY_MODES } from '../../domain/fraud/country';
import { countryField } from './country';
import { changeOf, idField, instantJson, nameField, nullableIdField, shownId, shownInstant } from './fields';
import { registerResource } from './resource-operations';

function clickWindowDays() {
  return z.int().min(1).max(MAX_CLICK_WINDOW_DAYS).meta({
    description: 'Days after the click in which a registration or first deposit still belongs to it.',
  });
}

const MAX_COUNTRIES = 250;

function countriesField() {
  return z
    .strictObject({
      mode: z.enum(COUNTRY_MODES),
      list: z
        .array(countryField())
        .min(1, 'must name a country')
        .max(MAX_COUNTRIES)
        .transform((list) => [...new Set(list)]),
    })
    .nullable()
    .meta({
      description:
        'Countries in which the campaign may convert, or may not. Another country is a reason of the fraud rule `country_not_allowed`.',
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
      })
      .default({ model: 'last_touch', clickWindowDays: DEFAULT_CLICK_WINDOW_DAYS }),
    onOutage: z.enum(OUTAGE_POLICIES).default('refuse'),
    countries: countriesField().optional(),
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
    })
    .optional(),
  onOutage: z.enum(OUTAGE_POLICIES).optional(),
  countries: countriesField().optional(),
  status: z.enum(CAMPAIGN_STATUSES).optional(),
}).meta({ id: 'CampaignChange' });

export const campaignSchema = z
  .object({
    campaignId: shownId('cmp'),
    slug: z.string(),
    clickUrl: z.string().meta({ description: 'The link to advertise.' }),
    version: z.int(),
    name: z.string(),
    offerId: shownId('off'),
    partnerId: shownId('ptn').nullable(),
    attribution: z.object({ model: z.enum(ATTRIBUTION_MODELS), clickWindowDays: z.int() }),
    onOutage: z.enum(OUTAGE_POLICIES),
    countries: z.object({ mode: z.enum(COUNTRY_MODES), list: z.array(z.string()).readonly() }).nullable(),
    status: z.enum(CAMPAIGN_STATUSES),
    createdAt: shownInstant(),
    updatedAt: shownInstant(),
  })
  .meta({ id: 'Campaign' });

/** `publicUrl` is where browsers reach this instance. */
export function campaignJson(campaign: Campaign, publicUrl: string): z.input<typeof campaignSchema> {
  return {
    campaignId: campaign.campaignId,
    slug: campaign.slug,
    clickUrl: `${publicUrl}/c/${campaign.slug}`,
    version: campaign.version,
    name: campaign.name,
    offerId: campaign.offerId,
    partnerId: campaign.partnerId,
    attribution: { model: campaign.attributionModel, clickWindowDays: campaign.clickWindowDays },
    onOutage: campaign.onOutage,
    countries: campaign.countries,
    status: campaign.status,
    createdAt: instantJson(campaign.createdAtMs),
    updatedAt: instantJson(campaign.updatedAtMs),
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
