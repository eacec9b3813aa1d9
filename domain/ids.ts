/**
 * Every id of the product: a registered prefix and 26 characters of lower-case Crockford base32 that hold a
 * 128-bit UUID v7. Postgres keeps the UUID; everything outside of it (API, workflow ids, payloads, logs) shows
 * the prefixed form, so an id says what it names and cannot be handed to the wrong function.
 */
export const ID_PREFIXES = {
  wsp: 'workspace',
  brd: 'brand',
  key: 'API key',
  src: 'source',
  off: 'offer',
  cmp: 'campaign',
  ptn: 'partner',
  dea: 'deal',
  dst: 'destination',
  clk: 'click',
  imp: 'impression',
  vis: 'visitor',
  ply: 'player',
  evt: 'event',
  cnv: 'conversion',
  pbk: 'postback',
  lin: 'commission line',
  jrn: 'ledger journal',
  pay: 'payout',
  aud: 'audit entry',
  cst: 'cost',
  fxr: 'exchange rate',
  gol: 'goal',
  scn: 'scenario',
  qrl: 'quarantine rule',
  smp: 'status mapping',
  obx: 'outbox row',
} as const;

export type IdPrefix = keyof typeof ID_PREFIXES;
export type Id<P extends IdPrefix> = `${P}_${string}` & { readonly __id: P };

export type WorkspaceId = Id<'wsp'>;
export type BrandId = Id<'brd'>;
export type ApiKeyId = Id<'key'>;
export type SourceId = Id<'src'>;
export type OfferId = Id<'off'>;
export type CampaignId = Id<'cmp'>;
export type PartnerId = Id<'ptn'>;
export type DealId = Id<'dea'>;
export type DestinationId = Id<'dst'>;
export type ClickId = Id<'clk'>;
export type ImpressionId = Id<'imp'>;
export type VisitorId = Id<'vis'>;
export type PlayerId = Id<'ply'>;
export type EventId = Id<'evt'>;
export type ConversionId = Id<'cnv'>;
export type PostbackId = Id<'pbk'>;
export type PayoutId = Id<'pay'>;
export type CostId = Id<'cst'>;
export type RateId = Id<'fxr'>;
export type GoalId = Id<'gol'>;
export type ScenarioId = Id<'scn'>;
export type QuarantineRuleId = Id<'qrl'>;
export type StatusMappingId = Id<'smp'>;
export type OutboxRowId = Id<'obx'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HEX = '0123456789abcdef';
const PADDING_BITS = 2;
// By character code. Ids are read and written a dozen times per click: arithmetic on big integers cost more than all
// the rest of it.
const QUINTETS = digitsByCode(ALPHABET);
const NIBBLES = digitsByCode(HEX);
const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// 26 base32 characters hold 130 bits, so the first one carries only three: anything above 7 is no UUID.
const ENCODED_PATTERN = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The prefixed form of a lower-case UUID. Throws on anything else: a malformed UUID here is a bug, not input. */
export function idFromUuid<P extends IdPrefix>(prefix: P, uuid: string): Id<P> {
  if (!UUID_PATTERN.test(uuid)) throw new Error(`not a UUID: ${JSON.stringify(uuid)}`);
  // Two bits of padding stand before the 128, so that the first character holds three of them.
  let [encoded, bits, count] = ['', 0, PADDING_BITS];
  for (let position = 0; position < uuid.length; position += 1) {
    const nibble = NIBBLES[uuid.charCodeAt(position)];
    if (nibble === undefined) continue;
    bits = (bits << 4) | nibble;
    count += 4;
    if (count < 5) continue;
    count -= 5;
    encoded += ALPHABET[bits >> count];
    bits &= (1 << count) - 1;
  }
  return `${prefix}_${encoded}` as Id<P>;
}

/** The UUID inside an id, as Postgres stores it. */
export function uuidFromId(id: Id<IdPrefix>): string {
  let [hex, bits, count] = ['', 0, -PADDING_BITS];
  for (let position = id.indexOf('_') + 1; position < id.length; position += 1) {
    bits = (bits << 5) | (QUINTETS[id.charCodeAt(position)] ?? 0);
    for (count += 5; count >= 4; ) {
      count -= 4;
      hex += HEX[bits >> count];
      bits &= (1 << count) - 1;
    }
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Reads an id that came from outside; null when it is not of this kind. Case and look-alikes are not repaired. */
export function parseId<P extends IdPrefix>(prefix: P, text: string): Id<P> | null {
  if (!text.startsWith(`${prefix}_`)) return null;
  return ENCODED_PATTERN.test(text.slice(prefix.length + 1)) ? (text as Id<P>) : null;
}

/** The millisecond at which a v7 id was minted (its first 48 bits). */
export function mintedAtMs(id: Id<IdPrefix>): number {
  return Number.parseInt(uuidFromId(id).replaceAll('-', '').slice(0, 12), 16);
}

function digitsByCode(alphabet: string): readonly (number | undefined)[] {
  const digits: (number | undefined)[] = [];
  for (const [digit, character] of [...alphabet].entries()) digits[character.charCodeAt(0)] = digit;
  return digits;
}
