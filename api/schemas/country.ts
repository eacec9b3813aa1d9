import { z } from 'zod';
import { parseCountry, parseRegion, placeName } from '../../domain/fraud/country';

const NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/**
 * A country by its ISO 3166 code, in either case, or one of its regions by its ISO 3166-2 code. A country that does
 * not exist would quietly match nothing; of regions there is no list to look them up in.
 */
export function placeField() {
  return z
    .string()
    .max(10)
    .transform((text, context): string => {
      const place = parsePlace(text);
      if (place !== null) return place;
      context.addIssue({
        code: 'custom',
        message: 'must be a code such as DE, or of a region such as US-NJ',
      });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern: '^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$', example: 'DE' });
}

function parsePlace(text: string): string | null {
  const country = parseCountry(text.split('-', 1)[0] ?? '');
  if (country === null || NAMES.of(country) === undefined) return null;
  if (!text.includes('-')) return country;
  const region = parseRegion(text, country);
  return region === null ? null : placeName({ country, region });
}
