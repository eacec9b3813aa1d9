/** Where a campaign may convert: only in the countries of the list, or everywhere but there. */
export type CountryRule = { readonly mode: 'allow' | 'deny'; readonly list: readonly string[] };
export const COUNTRY_MODES = ['allow', 'deny'] as const;

/** An ISO 3166 code in upper case; null for what is none. `UK`, which is none, is what senders call GB. */
export function parseCountry(text: string): string | null {
  const code = text.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) return null;
  return code === 'UK' ? 'GB' : code;
}

export function isCountryAllowed({ mode, list }: CountryRule, country: string): boolean {
  return list.includes(country) === (mode === 'allow');
}
