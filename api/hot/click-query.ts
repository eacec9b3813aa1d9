import { SUB_NAMES, type SubName, type Subs } from '../../domain/postback/macros';
import { isUnresolvedMacro } from '../inbound/unresolved-macro';

/** What a click link says. Values are as sent; an absent, empty or never filled-in one is not there. */
export type ClickQuery = {
  readonly partnerCode: string | null;
  /** The traffic source's own id of the click. */
  readonly externalId: string | null;
  readonly subs: Subs;
  readonly adIds: Readonly<Record<string, string>>;
  readonly utm: Readonly<Record<string, string>>;
  /** `test=1`: somebody tries the link out. */
  readonly isTest: boolean;
};

/** The longest ad id seen has some 400 characters; what is longer is cut, because a cut sub still informs. */
export const MAX_CLICK_VALUE_LENGTH = 1_024;
const MAX_UTM_PARAMETERS = 20;
const MAX_UTM_NAME_LENGTH = 64;

/** Parameters by which ad platforms recognise their own click, in the platform's spelling. */
const AD_ID_NAMES = [
  ...['gclid', 'gbraid', 'wbraid', 'dclid', 'gad_source', 'fbclid', 'ttclid', 'msclkid', 'ScCid', 'rdt_cid'],
  ...[
    'twclid',
    'epik',
    'li_fat_id',
    'obclid',
    'dicbo',
    'tblci',
    'yclid',
    'ymclid',
    'vmcid',
    'qclid',
    'irclickid',
  ],
];

/** Each slot's names in order of precedence: ours first. */
const EXTERNAL_ID_NAMES = [
  ...['external_id', 'click_id', 'clickid', 'aff_click_id', 'subid', 'sub_id', 'cid'],
];
const SUB_ALIASES = new Map<SubName, readonly string[]>(
  SUB_NAMES.map((name, index) => [name, [name, ...subAliases(index + 1)]]),
);

function subAliases(slot: number): string[] {
  const aliases = [`sub_id${slot}`, `subid${slot}`, `sub_id_${slot}`];
  if (slot <= 5) aliases.push(`s${slot}`, slot === 1 ? 'aff_sub' : `aff_sub${slot}`);
  return aliases;
}

/**
 * Reads the raw query string of a click link. Of a parameter given twice the first usable value counts. Names are
 * compared as they are, those of ad ids without regard to case.
 */
export function readClickQuery(rawQuery: string): ClickQuery {
  const values = usableValues(rawQuery);
  const first = (names: readonly string[]): string | null => {
    const name = names.find((candidate) => values.has(candidate));
    return name === undefined ? null : (values.get(name) ?? null);
  };
  const subs = [...SUB_ALIASES].flatMap(([name, names]) => {
    const value = first(names);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    partnerCode: first(['p']),
    externalId: first(EXTERNAL_ID_NAMES),
    subs: Object.fromEntries(subs),
    adIds: adIdsOf(values),
    utm: utmOf(values),
    isTest: /^(?:1|true|yes)$/i.test(values.get('test') ?? ''),
  };
}

function adIdsOf(values: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of AD_ID_NAMES) {
    const sent = values.has(name)
      ? name
      : [...values.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
    const value = sent === undefined ? undefined : values.get(sent);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function utmOf(values: ReadonlyMap<string, string>): Record<string, string> {
  const found = [...values].filter(
    ([name]) => /^utm_[\w.-]+$/i.test(name) && name.length <= MAX_UTM_NAME_LENGTH,
  );
  return Object.fromEntries(found.slice(0, MAX_UTM_PARAMETERS));
}

function usableValues(rawQuery: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(withoutSecondQuestionMark(rawQuery))) {
    if (values.has(name) || isUnresolvedMacro(value)) continue;
    const usable = storable(value);
    if (usable !== '') values.set(name, usable);
  }
  return values;
}

/**
 * A link builder that appends "?b=2" to a link which has a query already makes `a=1?b=2`. The mark is read as the
 * separator it was meant to be, unless the value before it is a URL, whose own mark it then is.
 */
function withoutSecondQuestionMark(rawQuery: string): string {
  return rawQuery
    .split('&')
    .map((pair) => (/:\/\/|%3a(?:%2f|\/){2}/i.test(pair) ? pair : pair.replace(/\?(?=[\w.-]+=)/g, '&')))
    .join('&');
}

/** Postgres cannot store NUL; other control characters have no business in an id and would break a log line. */
function storable(value: string): string {
  const clean = value.replace(/\p{Cc}/gu, '').slice(0, MAX_CLICK_VALUE_LENGTH);
  // The cut may have halved a surrogate pair, which JSON could not carry.
  return clean.replace(/[\uD800-\uDBFF]$/, '');
}
