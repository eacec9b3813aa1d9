import { z } from 'zod';
import { parseCountry } from '../../domain/fraud/country';

const NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** A country by its ISO 3166 code, in either case; one that does not exist would quietly match nothing. */
export function countryField() {
  return z
    .string()
    .max(10)
    .transform((text, context): string => {
      const code = parseCountry(text);
      if (code !== null && NAMES.of(code) !== undefined) return code;
      context.addIssue({ code: 'custom', message: 'must be a country code such as DE' });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern: '^[A-Za-z]{2}$', example: 'DE' });
}
