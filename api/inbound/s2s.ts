import { AppError } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { parseInstant, SECOND_MS, toIso } from '../../domain/time';
import { s2sBody } from '../schemas/event-bodies';
import { checkFields } from './event-body';
import { type EventFields, type IncomingEvent, toIncomingEvent } from './incoming-event';
import type { Parameters } from './parameters';
import { eventKindOf, foldName, PARAMETER_NAMES, type ParameterName, statusOf } from './s2s-words';
import { isUnresolvedMacro } from './unresolved-macro';

type Given = { readonly name: string; readonly value: string };
type GivenParameters = ReadonlyMap<ParameterName, Given>;

/**
 * Translates a server-to-server report, whatever its sender calls things. Throws 400 unresolved_macro for a known
 * parameter that is still a placeholder, 400 invalid_request for what does not fit, in the sender's spelling.
 */
export function translateS2s(parameters: Parameters): IncomingEvent {
  const given = canonicalParameters(parameters);
  refuseMacros(given);
  const kind = kindOf(given);
  const fields = checkFields(s2sBody, {
    known: { ...knownValues(given), status: statusText(kind, given) },
    unknownFields: Object.keys(parameters).length - given.size,
    body: parameters,
    spelling: (path) => given.get(path as ParameterName)?.name ?? path,
  });
  const eventId = fields.fields.eventId ?? fields.fields.transactionId ?? madeEventId(kind, fields.fields);
  refuseWithout(kind, fields.fields, eventId);
  return toIncomingEvent(kind, { ...fields, fields: { ...fields.fields, eventId: eventId ?? '' } });
}

/** Whether a report says which click it is about, under whatever name. */
export function namesClick(parameters: Parameters): boolean {
  return canonicalParameters(parameters).has('clickId');
}

function canonicalParameters(parameters: Parameters): GivenParameters {
  const byFolded = new Map<string, Given>();
  for (const [name, value] of Object.entries(parameters)) {
    const folded = foldName(name);
    if (!byFolded.has(folded)) byFolded.set(folded, { name, value });
  }
  const found = new Map<ParameterName, Given>();
  for (const canonical of Object.keys(PARAMETER_NAMES) as ParameterName[]) {
    const candidates = PARAMETER_NAMES[canonical].flatMap((name) => byFolded.get(name) ?? []);
    const ours = canonical === 'clickId' ? candidates.find(isOurClick) : undefined;
    const chosen = ours ?? candidates[0];
    if (chosen !== undefined) found.set(canonical, chosen);
  }
  return withClickAsTransaction(found);
}

/** Some networks call the click's id their transaction id. Ours is told by its form. */
function withClickAsTransaction(found: Map<ParameterName, Given>): GivenParameters {
  const transaction = found.get('transactionId');
  if (found.has('clickId') || transaction === undefined || !isOurClick(transaction)) return found;
  found.delete('transactionId');
  return found.set('clickId', transaction);
}

function isOurClick({ value }: Given): boolean {
  return parseId('clk', value) !== null;
}

function refuseMacros(given: GivenParameters): void {
  const errors = [...given.values()]
    .filter(({ value }) => isUnresolvedMacro(value))
    .map(({ name }) => ({ path: name, message: 'is a placeholder that was never filled in' }));
  if (errors.length === 0) return;
  const names = errors.map(({ path }) => path).join(', ');
  throw new AppError('unresolved_macro', `${names}: fill in the placeholder before sending the event.`, {
    errors,
  });
}

/** The event's word decides; some senders name the event in the status instead. */
function kindOf(given: GivenParameters): EventKind {
  const event = given.get('event');
  const status = given.get('status');
  const word = event ?? status;
  if (word === undefined) throw problem('event', 'is needed, or a status that names one');
  const kind = eventKindOf(word.value);
  if (kind === null) throw problem(word.name, 'is no event known here; send registration, deposit, lead …');
  return kind;
}

function statusText(kind: EventKind, given: GivenParameters): string | undefined {
  const status = given.get('status');
  if (status === undefined || eventKindOf(status.value) === kind) return undefined;
  const known = statusOf(status.value);
  if (known === null)
    throw problem(status.name, 'is no status known here; send confirmed, pending, failed …');
  if (kind === 'deposit' || kind === 'withdrawal') return known;
  // Other kinds have no statuses: they are reported when they have happened.
  if (known !== 'confirmed')
    throw problem(status.name, `cannot be ${known}: report a ${kind} once it stands`);
  return undefined;
}

function knownValues(given: GivenParameters): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const [canonical, { name, value }] of given) {
    if (canonical === 'occurredAt') known.occurredAt = instantText(name, value);
    else if (canonical === 'currency') known.currency = value.toUpperCase();
    else if (canonical === 'test') known.test = /^(?:1|true|yes)$/i.test(value);
    else if (canonical !== 'event' && canonical !== 'status') known[canonical] = value;
  }
  return known;
}

/** ISO 8601 with a zone, or Unix time in seconds or milliseconds, which has none to forget. */
function instantText(name: string, value: string): string {
  const unix = /^\d{10}$/.test(value)
    ? Number(value) * SECOND_MS
    : /^\d{13}$/.test(value)
      ? Number(value)
      : null;
  const parsed = unix === null ? parseInstant(value) : parseInstant(toIso(unix));
  if (!parsed.ok) throw problem(name, parsed.problem);
  return toIso(parsed.ms);
}

type S2sFields = Omit<EventFields, 'eventId'> & { readonly eventId?: string | null | undefined };

/**
 * Without any id of the sender's, one event of each kind is taken per player, else per click. Money is not: a second
 * deposit could not be told from a repetition of the first.
 */
function madeEventId(kind: EventKind, fields: S2sFields): string | null {
  const subject = fields.playerId ?? fields.clickId ?? null;
  const isUnique = kind === 'install' || kind === 'lead' || kind === 'registration' || kind === 'sale';
  if (subject === null) return null;
  if (isUnique || kind === 'self_exclusion') return `${kind} ${subject}`;
  if (kind !== 'ngr' || !fields.period) return null;
  return [kind, subject, toIso(fields.period.fromMs), fields.currency, fields.occurredAt ?? 0].join(' ');
}

function refuseWithout(kind: EventKind, fields: S2sFields, eventId: string | null): void {
  const hasClick = typeof fields.clickId === 'string';
  const hasPlayer = typeof fields.playerId === 'string';
  if (kind === 'chargeback' && !fields.depositEventId) {
    throw problem('deposit_event_id', 'is needed by a chargeback');
  }
  if (!hasPlayer && NEEDS_PLAYER.has(kind)) throw problem('player_id', `is needed by a ${kind}`);
  if (!hasClick && (kind === 'install' || !hasPlayer)) throw problem('click_id', 'is needed');
  if (eventId === null) throw problem('txid', `is needed by a ${kind}: without it a repetition looks new`);
}

const NEEDS_PLAYER: ReadonlySet<EventKind> = new Set([
  ...(['deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion'] as const),
]);

function problem(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
