/**
 * ISO 4217 active currencies and the number of decimals of their minor unit. Kept here and not taken from
 * `Intl`, whose digits follow display habits: it gives HUF, IDR or COP none, where the standard gives two.
 * Source: ISO 4217 list one, including XCG (2025). Funds codes and precious metals are left out on purpose.
 */
const EXPONENT_2 =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC ' +
  'CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR ' +
  'JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD ' +
  'NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN ' +
  'SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG';
const EXPONENT_0 = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF';
const EXPONENT_3 = 'BHD IQD JOD KWD LYD OMR TND';

export type Currency = string & { readonly __currency: true };

const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...EXPONENT_2.split(' ').map((code) => [code, 2] as const),
  ...EXPONENT_0.split(' ').map((code) => [code, 0] as const),
  ...EXPONENT_3.split(' ').map((code) => [code, 3] as const),
]);

export const CURRENCY_CODES: readonly string[] = [...EXPONENTS.keys()].sort();

/** Reads a currency code; upper case only, as the standard writes it. Null when it is none. */
export function parseCurrency(text: string): Currency | null {
  return EXPONENTS.has(text) ? (text as Currency) : null;
}

/** How many decimals the currency's minor unit has: 2 for EUR, 0 for JPY, 3 for KWD. */
export function minorUnitExponent(currency: Currency): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new Error(`unknown currency ${currency}`);
  return exponent;
}
