import { BROWSERS, LANGUAGES } from '../../simulator/cast';

/** What the link of a click says: its partner, one value beside it, or everything that advertisers put into one. */
export type LinkKind = 'bare' | 'plain' | 'rich';

/** Different requests that a run repeats: enough that no two visitors of a second look alike. */
const DIFFERENT = 4_096;
/** Beyond those of visitors whose deposits count: many clicks from one address are a mark of fraud. */
const FIRST_ADDRESS = 64_000;

/** Whole requests for a campaign's link, made before the run, each from a visitor with an address of its own. */
export function clickRequests(campaign: {
  readonly link: string;
  readonly partnerCode: string;
  readonly kind: LinkKind;
}): string[] {
  return Array.from({ length: DIFFERENT }, (_, index) => clickRequest(campaign, index));
}

function clickRequest(
  { link, partnerCode, kind }: { link: string; partnerCode: string; kind: LinkKind },
  index: number,
): string {
  const value = kind === 'bare' ? '' : `&sub1=creative-${index}`;
  const query = `p=${partnerCode}${value}${kind === 'rich' ? richTags(index) : ''}`;
  return [
    `GET ${link}?${query} HTTP/1.1`,
    'host: localhost',
    'accept: text/html,application/xhtml+xml,*/*;q=0.8',
    `accept-language: ${LANGUAGES[index % LANGUAGES.length] ?? 'en'}`,
    `user-agent: ${BROWSERS[index % BROWSERS.length] ?? ''}`,
    `x-forwarded-for: ${addressOf(FIRST_ADDRESS + index)}`,
    ...(kind === 'rich' ? [`referer: https://news.example/articles/${index}/the-best-odds-of-the-week`] : []),
    '',
    '',
  ].join('\r\n');
}

/** As a network's template fills it: five values, the ids of two platforms, the campaign's names, its own click id. */
function richTags(index: number): string {
  const unique = index.toString(36).padStart(6, '0');
  return [
    '',
    `sub2=placement-${index % 97}`,
    `sub3=zone-${index % 31}`,
    `sub4=os-${index % 5}`,
    `sub5=bid-0.${index % 90}`,
    `gclid=Cj0KCQiA${unique}AbFPvWwRZ5nXqLtKyVjHdMcOeGsTiUaBzYx${unique}QAvD_BwE`,
    `fbclid=IwAR2${unique}mVnQx7LkTzYpWcJdRsHfGbNaEuOiKtMvXy${unique}`,
    'utm_source=network',
    'utm_medium=cpc',
    `utm_campaign=autumn-${index % 12}`,
    `utm_content=banner-${index % 40}`,
    `utm_term=slots-${index % 60}`,
    `click_id=NET-${unique}-${index}`,
  ].join('&');
}

/** The address of the n-th visitor, of 128,000. 198.18.0.0/15 is set aside for measurements; nobody lives there. */
export function addressOf(index: number): string {
  const block = Math.floor(index / 250);
  return `198.${18 + (Math.floor(block / 256) % 2)}.${block % 256}.${(index % 250) + 1}`;
}
