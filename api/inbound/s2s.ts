import type { RawReport } from '../../db/stores/new-event';
import { AppError, type FieldProblem } from '../../domain/errors';
import { parseId } from '../../domain/ids';
import { readRefund } from '../../domain/report/refund';
import { translateReport, type WordedReport } from '../../domain/report/worded-report';
import { parseInstant, SECOND_MS, toIso } from '../../domain/time';
import { s2sBody } from '../schemas/event-bodies';
import { checkFields } from './event-body';
import { type IncomingEvent, misfit, rawOf } from './incoming-event';
import type { Parameters } from './parameters';
import { eventKindOf, foldName, isRefund, PARAMETER_NAMES, type ParameterName, statusOf } from './s2s-words';
import { readWord, WORD_RULE } from './unknown-word';
import { isUnresolvedMacro } from './unresolved-macro';

type Given = { readonly name: string; readonly value: string };
type GivenParameters = ReadonlyMap<ParameterName, Given>;

/** A server-to-server report under our names; its words may be the sender's own. */
export type S2sReport = {
  readonly report: WordedReport;
  readonly raw: RawReport;
  /** The sender's own spelling of one of our names. */
  spelling(path: string): string;
};

/**
 * Reads a server-to-server report, whatever its sender calls things. Throws 400 unresolved_macro for a known
 * parameter that is still a placeholder, 400 invalid_request for what does not fit, in the sender's spelling. A word
 * for an event or a status that nobody knows is no misfit: it stands in the report.
 */
export function readS2s(parameters: Parameters): S2sReport {
  const given = canonicalParameters(parameters);
  refuseMacros(given);
  const words = wordsOf(given);
  const { fields, unknownFields, spelling } = checkFields(s2sBody, {
    known: knownValues(given),
    unknownFields: Object.keys(parameters).length - given.size,
    body: parameters,
    // Some senders name the event in the status.
    spelling: (path) => given.get(path as ParameterName)?.name ?? statusName(path, given) ?? path,
  });
  const { ip, userAgent, ...shown } = fields;
  const report = { ...words, fields: shown, unknownFields };
  return {
    report: isRefund((given.get('event') ?? given.get('status'))?.value ?? '')
      ? refundReport(report, spelling)
      : report,
    raw: rawOf(parameters, { ip, userAgent }),
    spelling,
  };
}

/** A refund, as the fact that it states. Throws 400 for one that is not done, or does not say of which deposit. */
function refundReport(report: WordedReport, spelling: (path: string) => string): WordedReport {
  if (report.statusWord !== null || report.status === 'pending' || report.status === 'failed') {
    throw problem(spelling('status'), 'is none of a refund: report it once the money has gone back');
  }
  const refund = readRefund(report.fields);
  if (!refund.ok) throw problem(spelling(refund.problem.path), refund.problem.message);
  const { kind, status, fields } = refund;
  return { ...report, kind, eventWord: null, status, fields };
}

/** As `readS2s`, of a report whose words are known. Throws 400 also for those that are not. */
export function translateS2s(parameters: Parameters): IncomingEvent {
  return knownEvent(readS2s(parameters));
}

/** The event of a report whose words everybody understands. Throws 400 for what does not fit. */
export function knownEvent({ report, raw, spelling }: S2sReport): IncomingEvent {
  const translation = translateReport(report, 'keyed', []);
  if (translation.outcome === 'fact') return { ...translation.fact, raw };
  if (translation.outcome === 'unfit') throw unfit(translation.problems, spelling);
  throw problem(
    spelling(report.eventWord === null ? 'status' : 'event'),
    report.eventWord === null
      ? 'is no status known here; send confirmed, pending, failed …'
      : 'is no event known here; send registration, deposit, lead …',
  );
}

/** 400 invalid_request for a report that is not what its kind needs, in the sender's spelling. */
export function unfit(problems: readonly FieldProblem[], spelling: (path: string) => string): AppError {
  const [first] = problems;
  if (problems.length > 1 || first === undefined) return misfit(problems, spelling);
  return problem(spelling(first.path), first.message);
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

type Words = Pick<WordedReport, 'kind' | 'eventWord' | 'status' | 'statusWord'>;

/** The event's word decides; some senders name the event in the status instead. */
function wordsOf(given: GivenParameters): Words {
  const event = given.get('event');
  const status = given.get('status');
  const word = event ?? status;
  if (word === undefined) throw problem('event', 'is needed, or a status that names one');
  const kind = eventKindOf(word.value);
  const eventWord = kind === null ? unknownWord(word) : null;
  const none = { kind, eventWord, status: null, statusWord: null };
  if (event === undefined || status === undefined) return none;
  const known = statusOf(status.value);
  if (known !== null) return { ...none, status: known };
  const named = eventKindOf(status.value);
  if (named === null) return { ...none, statusWord: unknownWord(status) };
  if (kind === null || named === kind) return none;
  throw problem(status.name, `cannot name a ${named}: the event is a ${kind}`);
}

/** A word that is kept until somebody says what it means. */
function unknownWord({ name, value }: Given): string {
  const word = readWord(value);
  if (word === null) throw problem(name, WORD_RULE);
  return word;
}

function statusName(path: string, given: GivenParameters): string | undefined {
  return path === 'event' ? given.get('status')?.name : undefined;
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

function problem(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
