import { CAMPAIGN_KEYS, type CampaignKey, decimal, TERMS } from './client-log';

/** What the traffic needs on the instance. */
export interface SetUp {
  readonly campaigns: Record<CampaignKey, { readonly slug: string; readonly partnerId: string }>;
  /** The casino's key. */
  readonly sourceKey: string;
}

const EVENTS = ['registration', 'first_deposit', 'deposit', 'chargeback'];
const TEMPLATE =
  'event={event}&click_id={click_id}&tx={transaction_id}&amount={amount}&currency={currency}&payout={payout}';

/**
 * Two partners with a deal, a campaign and a postback URL each, one webhook that hears of everything, and a casino.
 * Paths at the sink: `/alpha` and `/beta`, called with GET and POST, and `/hook`.
 */
export async function setUp(
  instance: { readonly apiUrl: string; readonly adminKey: string | null },
  sinkOrigin: string,
): Promise<SetUp> {
  const create = async (path: string, body: object): Promise<Record<string, string>> => {
    const response = await fetch(`${instance.apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${instance.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as Record<string, string>;
  };
  const { offerId } = await create('/v1/offers', {
    name: 'Welcome',
    landingUrl: 'https://casino.example/?cid={click_id}',
  });
  const campaigns = {} as Record<CampaignKey, { slug: string; partnerId: string }>;
  for (const slug of CAMPAIGN_KEYS) {
    const { currency, cpaMinor, minDepositMinor } = TERMS[slug];
    const { partnerId = '' } = await create('/v1/partners', { name: slug, code: slug });
    await create(`/v1/partners/${partnerId}/deals`, {
      kind: 'cpa',
      cpa: { amount: decimal(cpaMinor), currency },
      minDeposit: { amount: decimal(minDepositMinor), currency },
    });
    await create('/v1/campaigns', { slug, name: slug, offerId, partnerId });
    await create('/v1/destinations', {
      name: slug,
      kind: 'partner_url',
      url: `${sinkOrigin}/${slug}?${TEMPLATE}`,
      method: slug === 'alpha' ? 'GET' : 'POST',
      events: EVENTS,
      partnerId,
    });
    campaigns[slug] = { slug, partnerId };
  }
  await create('/v1/destinations', {
    name: 'hook',
    kind: 'webhook',
    url: `${sinkOrigin}/hook`,
    events: EVENTS,
  });
  const { key = '' } = await create('/v1/sources', { name: 'Casino', kind: 'gaming' });
  return { campaigns, sourceKey: key };
}
