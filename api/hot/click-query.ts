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
  /** Whether everything that the link says is in the fields above, word for word. */
  readonly isWhole: boolean;
};

/** The longest ad id seen has some 400 characters; what is longer is cut, because a cut sub still informs. */
export const MAX_CLICK_VALUE_LENGTH = 1_024;
const MAX_PARAMETERS = 200;
const MAX_UTM_PARAMETERS = 20;
const MAX_UTM_NAME_LENGTH = 64;

/** Parameters by which ad platforms recognise their own click, in the platform's spelling, by their lower case. */
const AD_ID_NAMES: ReadonlyMap<string, string> = new Map(
  (
    'gclid gbraid wbraid dclid gad_source fbclid ttclid msclkid ScCid rdt_cid twclid epik li_fat_id obclid dicbo ' +
    'tblci yclid ymclid vmcid qclid irclickid'
  )
    .split(' ')
    .map((name) => [name.toLowerCase(), name]),
);

type Slot = SubName | 'external_id';

/** Each slot's names in order of precedence: ours first. */
const SLOT_NAMES: readonly (readonly [Slot, readonly string[]])[] = [
  ['external_id', ['external_id', 'click_id', 'clickid', 'aff_click_id', 'subid', 'sub_id', 'cid']],
  ...SUB_NAMES.map((name, index) => [name, [name, ...subAliases(index + 1)]] as const),
];
/** By name and not by slot: a link has a handful of parameters, and there are a hundred names to look for. */
const SLOTS: ReadonlyMap<string, { readonly slot: Slot; readonly rank: number }> = new Map(
  SLOT_NAMES.flatMap(([slot, names]) => names.map((name, rank) => [name, { slot, rank }] as const)),
);

function subAliases(slot: number): string[] {
  const aliases = [`sub_id${slot}`, `subid${slot}`, `sub_id_${slot}`];
  if (slot <= 5) aliases.push(`s${slot}`, slot === 1 ? 'aff_sub' : `aff_sub${slot}`);
  return aliases;
}

/**
 * Reads the raw query string of a click link. Of a parameter given twice the first usable value counts. Names are
 * compared as they are, those of ad ids without regard to case. Reads the first two hundred parameters.
 */
export function readClickQuery(rawQuery: string): ClickQuery {
  const { values, isVerbatim } = usableValues(rawQuery);
  const { external_id: externalId, ...subs } = slotsOf(values);
  const [adIds, utm] = [adIdsOf(values), utmOf(values)];
  const isHeld = (name: string): boolean =>
    NAMES_HELD_APART.has(name) || [subs, adIds, utm].some((fields) => Object.hasOwn(fields, name));
  return {
    partnerCode: values.get('p') ?? null,
    externalId: externalId ?? null,
    subs,
    adIds,
    utm,
    isTest: /^(?:1|true|yes)$/i.test(values.get('test') ?? ''),
    isWhole: isVerbatim && [...values.keys()].every(isHeld),
  };
}

const NAMES_HELD_APART: ReadonlySet<string> = new Set(['p', 'external_id', 'test']);

function slotsOf(values: ReadonlyMap<string, string>): Partial<Record<Slot, string>> {
  const found: Partial<Record<Slot, string>> = {};
  const ranks: Partial<Record<Slot, number>> = {};
  for (const [name, value] of values) {
    const place = SLOTS.get(name);
    if (place === undefined || place.rank >= (ranks[place.slot] ?? Number.POSITIVE_INFINITY)) continue;
    found[place.slot] = value;
    ranks[place.slot] = place.rank;
  }
  return found;
}

/** The platform's own spelling wins over another one, else the first that is given. */
function adIdsOf(values: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of values) {
    const known = AD_ID_NAMES.get(name.toLowerCase());
    if (known !== undefined && (name === known || !(known in found))) found[known] = value;
  }
  return found;
}

function utmOf(values: ReadonlyMap<string, string>): Record<string, string> {
  const found = [...values].filter(
    ([name]) => /^utm_[\w.-]+$/i.test(name) && name.length <= MAX_UTM_NAME_LENGTH,
  );
  return Object.fromEntries(found.slice(0, MAX_UTM_PARAMETERS));
}

/** The values that can be kept, and whether they are all that was given, letter for letter. */
function usableValues(rawQuery: string): { values: Map<string, string>; isVerbatim: boolean } {
  const values = new Map<string, string>();
  const parameters = firstParameters(withoutSecondQuestionMark(firstParameters(rawQuery)));
  let isVerbatim = parameters === rawQuery;
  for (const [name, value] of new URLSearchParams(parameters)) {
    const usable = values.has(name) || isUnresolvedMacro(value) ? '' : storable(value);
    if (usable !== '') values.set(name, usable);
    if (usable !== value || usable === '') isVerbatim = false;
  }
  return { values, isVerbatim };
}

/** A link has a dozen; what a stranger makes up beyond is not read, and stays in the raw query. */
function firstParameters(query: string): string {
  let end = -1;
  for (let found = 0; found < MAX_PARAMETERS; found += 1) {
    end = query.indexOf('&', end + 1);
    if (end < 0) return query;
  }
  return query.slice(0, end);
}

/**
 * A link builder that appends "?b=2" to a link which has a query already makes `a=1?b=2`. The mark is read as the
 * separator it was meant to be, unless the value before it is a URL, whose own mark it then is.
 */
function withoutSecondQuestionMark(rawQuery: string): string {
  if (!rawQuery.includes('?')) return rawQuery;
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
