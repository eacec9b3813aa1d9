import { CAMPAIGN_KEYS, type CampaignKey, decimal, TERMS, WINDOW_DAYS } from '../audit/client-log';
import type { Admin } from './admin';

/** What the traffic needs on the instance. */
export interface SetUp {
  readonly campaigns: Readonly<Record<CampaignKey, CampaignSetUp>>;
  readonly hookId: string;
  /** A webhook under a name that no server knows. */
  readonly nowhereId: string;
  /** The casino's key; a new one replaces it while events are under way. */
  sourceKey: string;
}

export interface CampaignSetUp {
  readonly slug: string;
  readonly partnerId: string;
  readonly destinationId: string;
}

const POSTBACK_EVENTS = ['registration', 'first_deposit', 'deposit', 'chargeback'];
const TEMPLATE =
  'event={event}&click_id={click_id}&tx={transaction_id}&amount={amount}&currency={currency}&payout={payout}';

/**
 * Two partners with a deal, a campaign and a postback URL each, one webhook that hears of everything, and a casino.
 * Paths at the sink: `/alpha` and `/beta`, called with GET and POST, and `/hook`.
 */
export async function setUp(admin: Admin, sinkOrigin: string): Promise<SetUp> {
  const { offerId } = await admin.call('POST', '/v1/offers', {
    name: 'Welcome',
    landingUrl: 'https://casino.example/?cid={click_id}',
  });
  const campaigns = {} as Record<CampaignKey, CampaignSetUp>;
  for (const slug of CAMPAIGN_KEYS) {
    const { currency, minDepositMinor, cpaMinor } = TERMS[slug];
    const { partnerId = '' } = await admin.call('POST', '/v1/partners', { name: slug, code: slug });
    const minDeposit = { amount: decimal(minDepositMinor), currency };
    const deal = { kind: 'cpa', cpa: { amount: decimal(cpaMinor), currency }, minDeposit };
    await admin.call('POST', `/v1/partners/${partnerId}/deals`, deal);
    const attribution = { model: 'last_touch', clickWindowDays: WINDOW_DAYS };
    await admin.call('POST', '/v1/campaigns', { slug, name: slug, offerId, partnerId, attribution });
    const { destinationId = '' } = await admin.call('POST', '/v1/destinations', {
      name: slug,
      kind: 'partner_url',
      url: destinationUrl(sinkOrigin, slug),
      method: slug === 'alpha' ? 'GET' : 'POST',
      events: POSTBACK_EVENTS,
      partnerId,
    });
    campaigns[slug] = { slug, partnerId, destinationId };
  }
  const hook = { name: 'hook', kind: 'webhook', url: `${sinkOrigin}/hook`, events: POSTBACK_EVENTS };
  const { destinationId: hookId = '' } = await admin.call('POST', '/v1/destinations', hook);
  const nowhere = {
    ...hook,
    name: 'nowhere',
    url: 'https://partner.invalid/hook',
    events: ['lead'],
    // Given up by the product itself, as soon as a round can see it.
    failureLimits: { warnEveryFailures: 1, disableAfterFailures: 2, disableAfterHours: 0 },
  };
  const { destinationId: nowhereId = '' } = await admin.call('POST', '/v1/destinations', nowhere);
  const { key: sourceKey = '' } = await admin.call('POST', '/v1/sources', { name: 'Casino', kind: 'gaming' });
  return { campaigns, hookId, nowhereId, sourceKey };
}

export function destinationUrl(sinkOrigin: string, slug: CampaignKey): string {
  return `${sinkOrigin}/${slug}?${TEMPLATE}`;
}
