import type { z } from 'zod';
import type { Api } from './api';
import {
  CAMPAIGN_KEYS,
  CAMPAIGNS,
  type CampaignKey,
  DESTINATION_EVENTS,
  OFFER_KEYS,
  OFFERS,
  type OfferKey,
  PARTNER_KEYS,
  PARTNERS,
  type PartnerKey,
} from './cast';
import { created } from './responses';
import type { Sink } from './sink';

/** What one run created on the instance. */
export type SetUp = {
  partners: Record<PartnerKey, { partnerId: string; code: string; destinationId: string }>;
  campaigns: Record<CampaignKey, { campaignId: string; linkPath: string; destinationId: string }>;
  source: { sourceId: string; key: string; secret: string };
};

/** The macros that a partner usually asks for. `event` and `click_id` are what the sink recognises a postback by. */
export const POSTBACK_TEMPLATE =
  'event={event}&click_id={click_id}&external_id={external_id}&tx={transaction_id}&amount={amount}' +
  '&currency={currency}&payout={payout}&sub1={sub1}&sub2={sub2}&sub4={sub4}&partner={partner_id}' +
  '&campaign={campaign_id}&ltv={ltv}&at={timestamp}';

type Creator = {
  runId: string;
  sink: Sink;
  /** Posts a body; `name` makes the call's Idempotency-Key. */
  create<T>(path: string, name: string, body: unknown, shape: z.ZodType<T>): Promise<T>;
};

/**
 * Creates offers, partners with deals and partner URLs, campaigns with webhooks, and the casino's source. Every
 * name carries the run id, so that runs on one instance do not meet. Safe to repeat: each call has a fixed
 * Idempotency-Key.
 */
export async function setUp(api: Api, runId: string, sink: Sink): Promise<SetUp> {
  const creator: Creator = {
    runId,
    sink,
    create: (path, name, body, shape) =>
      api.create(path, body, { shape, idempotencyKey: `${runId}-${name}` }),
  };
  const offers = {} as Record<OfferKey, string>;
  for (const key of OFFER_KEYS) offers[key] = await createOffer(creator, key);
  const partners = {} as SetUp['partners'];
  for (const key of PARTNER_KEYS) partners[key] = await createPartner(creator, key);
  const campaigns = {} as SetUp['campaigns'];
  for (const key of CAMPAIGN_KEYS) campaigns[key] = await createCampaign(creator, key, offers, partners);
  const body = { name: `Casino ${runId}`, kind: 'gaming' };
  const source = await creator.create('/v1/sources', 'source', body, created.source);
  return { partners, campaigns, source };
}

async function createOffer({ create, runId }: Creator, key: OfferKey): Promise<string> {
  const { name, landingUrl } = OFFERS[key];
  const body = { name: `${name} ${runId}`, landingUrl };
  return (await create('/v1/offers', `offer-${key}`, body, created.offer)).offerId;
}

async function createPartner(
  { create, runId, sink }: Creator,
  key: PartnerKey,
): Promise<SetUp['partners'][PartnerKey]> {
  const { name, currency, cpa, minDeposit } = PARTNERS[key];
  const code = `${key}-${runId}`;
  const body = { name: `${name} ${runId}`, code };
  const { partnerId } = await create('/v1/partners', `partner-${key}`, body, created.partner);
  const deal = { kind: 'cpa', cpa: { amount: cpa, currency }, minDeposit: { amount: minDeposit, currency } };
  await create(`/v1/partners/${partnerId}/deals`, `deal-${key}`, deal, created.deal);
  const destination = {
    name: `${name} postback ${runId}`,
    kind: 'partner_url',
    url: `${sink.baseUrl}/partner_url/${key}?${POSTBACK_TEMPLATE}`,
    method: key === 'alpha' ? 'GET' : 'POST',
    events: DESTINATION_EVENTS,
    partnerId,
  };
  const answer = await create('/v1/destinations', `partner-url-${key}`, destination, created.destination);
  return { partnerId, code, destinationId: answer.destinationId };
}

async function createCampaign(
  { create, runId, sink }: Creator,
  key: CampaignKey,
  offers: Record<OfferKey, string>,
  partners: SetUp['partners'],
): Promise<SetUp['campaigns'][CampaignKey]> {
  const { name, partner, offer } = CAMPAIGNS[key];
  const body = {
    slug: `sim-${runId}-${key}`,
    name: `${name} ${runId}`,
    offerId: offers[offer],
    ...(partner !== null && { partnerId: partners[partner].partnerId }),
    attribution: { model: 'last_touch', clickWindowDays: 30 },
  };
  const { campaignId, clickUrl } = await create('/v1/campaigns', `campaign-${key}`, body, created.campaign);
  const destination = {
    name: `${name} webhook ${runId}`,
    kind: 'webhook',
    url: `${sink.baseUrl}/webhook/${key}`,
    events: DESTINATION_EVENTS,
    campaignId,
  };
  const answer = await create('/v1/destinations', `webhook-${key}`, destination, created.destination);
  if (answer.secret) sink.trust(key, answer.secret);
  return { campaignId, linkPath: new URL(clickUrl).pathname, destinationId: answer.destinationId };
}
