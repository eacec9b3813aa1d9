/**
 * Who takes part in a simulated run: the partners with their terms, the campaigns, the browsers. Amounts are
 * decimal strings in major units, as they go over the wire.
 */
export const PARTNERS = {
  alpha: { name: 'Alpha Media', currency: 'EUR', cpa: '40.00', minDeposit: '20.00' },
  beta: { name: 'Beta Traffic', currency: 'USD', cpa: '55.00', minDeposit: '25.00' },
} as const;

export type PartnerKey = keyof typeof PARTNERS;
export const PARTNER_KEYS = ['alpha', 'beta'] as const satisfies readonly PartnerKey[];

/** The open campaign belongs to nobody: its clicks name their partner with `?p=`. */
export const CAMPAIGNS = {
  alpha: { name: 'Alpha spring', partner: 'alpha', offer: 'welcome' },
  beta: { name: 'Beta always on', partner: 'beta', offer: 'tables' },
  open: { name: 'Open network', partner: null, offer: 'welcome' },
} as const;

export type CampaignKey = keyof typeof CAMPAIGNS;
export const CAMPAIGN_KEYS = ['alpha', 'beta', 'open'] as const satisfies readonly CampaignKey[];

/** One landing page with the macros in place, one without: there the click id has to be appended. */
export const OFFERS = {
  welcome: { name: 'Welcome bonus', landingUrl: 'https://casino.example/welcome?cid={click_id}&s={sub1}' },
  tables: { name: 'Live tables', landingUrl: 'https://tables.example/join?lang=en' },
} as const;

export type OfferKey = keyof typeof OFFERS;
export const OFFER_KEYS = ['welcome', 'tables'] as const satisfies readonly OfferKey[];

/** What the partners' own systems and the campaign webhooks want to hear about. */
export const DESTINATION_EVENTS = [
  'install',
  'registration',
  'first_deposit',
  'deposit',
  'chargeback',
  'correction',
] as const;

/** Current browsers, roughly in the shares in which they click on gambling advertisements. */
export const BROWSERS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/530.0.0.40.71]',
] as const;

export const BOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

export const LANGUAGES = [
  'de-DE,de;q=0.9,en;q=0.6',
  'en-GB,en;q=0.9',
  'es-ES,es;q=0.9',
  'pt-BR,pt;q=0.9',
] as const;
export const COUNTRIES = ['DE', 'GB', 'ES', 'BR', 'FI'] as const;
export const CREATIVES = [
  'banner-slots-300',
  'banner-roulette-728',
  'video-poker-15s',
  'story-bonus',
] as const;
