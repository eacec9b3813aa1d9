/**
 * Where a campaign may convert: only in the places of the list, or everywhere but there. An entry is a country such
 * as `DE`, which means all of it, or one region of a country such as `US-NJ`.
 */
export type CountryRule = { readonly mode: 'allow' | 'deny'; readonly list: readonly string[] };
export const COUNTRY_MODES = ['allow', 'deny'] as const;

/** Where something happened; `region` without its country, as `NJ`, and null when nobody said it by its code. */
export type Place = { readonly country: string; readonly region: string | null };

const REGION_CODE = /^(?:([A-Z]{2})-)?([A-Z0-9]{1,3})$/;

/** An ISO 3166 code in upper case; null for what is none. `UK`, which is none, is what senders call GB. */
export function parseCountry(text: string): string | null {
  const code = text.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) return null;
  return code === 'UK' ? 'GB' : code;
}

/**
 * A region by its ISO 3166-2 code, `US-NJ` or just `NJ`, without the country. Null for what has no such form, as the
 * name of a region has not, and for a region of another country: that contradicts itself.
 */
export function parseRegion(text: string, country: string): string | null {
  const [, prefix, region] = REGION_CODE.exec(text.trim().toUpperCase()) ?? [];
  if (region === undefined || (prefix !== undefined && parseCountry(prefix) !== country)) return null;
  return region;
}

/**
 * A region that is not known may be any: it is never held to be outside of what is allowed in its country, nor within
 * what is denied.
 */
export function isPlaceAllowed({ mode, list }: CountryRule, place: Place): boolean {
  const { country, region } = place;
  if (list.includes(country) || (region !== null && list.includes(placeName(place)))) return mode === 'allow';
  const mayBeListed = region === null && list.some((entry) => entry.startsWith(`${country}-`));
  return mayBeListed || mode === 'deny';
}

/** As an entry of a list names it. */
export function placeName({ country, region }: Place): string {
  return region === null ? country : `${country}-${region}`;
}
