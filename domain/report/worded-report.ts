import type { FieldProblem } from '../errors';
import { type DepositStatus, type EventKind, NEVER_PUBLIC, type Trust } from '../facts';
import { toIso } from '../time';
import { asPublicFact } from './public-fact';
import type { ReportedFact, ReportFields } from './report-fields';
import { readFact } from './reported-fact';

/** A server-to-server report, in which the sender says in words of his own what has happened. */
export type WordedReport = {
  /** What the word for the event means; null when nobody knows. */
  readonly kind: EventKind | null;
  /** The word for the event, folded; only while it is unknown. */
  readonly eventWord: string | null;
  /** What the word for the status means; null when there is none, or nobody knows. */
  readonly status: DepositStatus | null;
  readonly statusWord: string | null;
  readonly fields: ReportFields;
  /** How many parameters nobody knows. */
  readonly unknownFields: number;
};

/** What a word of one sender means: an event, the status of one, or both. */
export type WordMapping = {
  readonly word: string;
  readonly kind: EventKind | null;
  readonly status: DepositStatus | null;
};

/** What came of a report; the first of these that holds: unmapped, never_public, unfit, fact. */
export type Translation =
  | { readonly outcome: 'fact'; readonly fact: ReportedFact }
  | { readonly outcome: 'unmapped' }
  | { readonly outcome: 'never_public'; readonly kind: EventKind }
  | { readonly outcome: 'unfit'; readonly problems: readonly FieldProblem[] };

/**
 * Reads a report by what is known of its sender's words. A word that everybody understands is never asked of the
 * mappings. A public report becomes a public fact, and none of a kind that public reports may not be.
 */
export function translateReport(
  report: WordedReport,
  trust: Trust,
  mappings: readonly WordMapping[],
): Translation {
  const meaning = meaningOf(report, mappings);
  if (meaning === null) return { outcome: 'unmapped' };
  const { kind, status } = meaning;
  if (trust === 'public' && NEVER_PUBLIC.has(kind)) return { outcome: 'never_public', kind };
  const problem = misfitOf(kind, status, report.fields);
  if (problem !== null) return { outcome: 'unfit', problems: [problem] };
  const { eventId, transactionId } = report.fields;
  const senderEventId = eventId ?? transactionId ?? madeEventId(kind, report.fields) ?? '';
  const read = readFact(kind, { ...report.fields, status, eventId: senderEventId }, report.unknownFields);
  if (!read.ok) return { outcome: 'unfit', problems: read.problems };
  return { outcome: 'fact', fact: trust === 'public' ? asPublicFact(read.fact) : read.fact };
}

/** The words of a report that only a mapping can explain. */
export function unknownWords({ eventWord, statusWord }: WordedReport): string[] {
  return [eventWord, statusWord].filter((word) => word !== null);
}

/** A public report names no player. Call it before anything is made of the report, keys too. */
export function withoutPlayer(report: WordedReport): WordedReport {
  const { playerId: _playerId, ...fields } = report.fields;
  return { ...report, fields };
}

type Meaning = { readonly kind: EventKind; readonly status: DepositStatus | null };

function meaningOf(report: WordedReport, mappings: readonly WordMapping[]): Meaning | null {
  const mapped = (word: string | null): WordMapping | undefined =>
    mappings.find((mapping) => mapping.word === word);
  const event = mapped(report.eventWord);
  const kind = report.kind ?? event?.kind ?? null;
  if (kind === null) return null;
  if (report.statusWord === null) return { kind, status: report.status ?? event?.status ?? null };
  const status = mapped(report.statusWord);
  // A word that was explained as one event says nothing about another.
  if (status === undefined || (status.kind !== null && status.kind !== kind)) return null;
  return { kind, status: status.status };
}

const HAS_STATUS: ReadonlySet<EventKind> = new Set(['deposit', 'withdrawal']);

const NEEDS_PLAYER: ReadonlySet<EventKind> = new Set([
  ...(['deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion'] as const),
]);

/** What an event of this kind needs and this report does not say; null when nothing is missing. */
function misfitOf(kind: EventKind, status: DepositStatus | null, fields: ReportFields): FieldProblem | null {
  const hasClick = typeof fields.clickId === 'string';
  const hasPlayer = typeof fields.playerId === 'string';
  // Other kinds have no statuses: they are reported when they have happened.
  if (!HAS_STATUS.has(kind) && status !== null && status !== 'confirmed') {
    return { path: 'status', message: `cannot be ${status}: report a ${kind} once it stands` };
  }
  if (kind === 'chargeback' && !fields.depositEventId) {
    return { path: 'deposit_event_id', message: 'is needed by a chargeback' };
  }
  if (!hasPlayer && NEEDS_PLAYER.has(kind)) return { path: 'player_id', message: `is needed by a ${kind}` };
  if (!hasClick && (kind === 'install' || !hasPlayer)) return { path: 'click_id', message: 'is needed' };
  if ((fields.eventId ?? fields.transactionId ?? madeEventId(kind, fields)) !== null) return null;
  return { path: 'txid', message: `is needed by a ${kind}: without it a repetition looks new` };
}

/**
 * Without any id of the sender's, one event of each kind is taken per player, else per click. Money is not: a second
 * deposit could not be told from a repetition of the first.
 */
function madeEventId(kind: EventKind, fields: ReportFields): string | null {
  const isUnique = kind === 'install' || kind === 'lead' || kind === 'registration' || kind === 'sale';
  if (isUnique || kind === 'self_exclusion') return onePerSubject(kind, fields);
  return kind === 'ngr' && fields.period ? onePerPeriod(kind, fields) : null;
}

/**
 * By what a report without a known kind is told from others: the sender's id of the transaction, else of the event,
 * else as of an event that happens once. Null when it names neither click nor player.
 */
export function reportTransaction({ kind, eventWord, fields }: WordedReport): string | null {
  const word = kind ?? eventWord ?? '';
  const made = fields.period ? onePerPeriod(word, fields) : onePerSubject(word, fields);
  return made === null ? null : (fields.transactionId ?? fields.eventId ?? made);
}

function onePerSubject(word: string, fields: ReportFields): string | null {
  const subject = fields.playerId ?? fields.clickId ?? null;
  return subject === null ? null : `${word} ${subject}`;
}

function onePerPeriod(word: string, fields: ReportFields): string | null {
  const subject = fields.playerId ?? fields.clickId ?? null;
  if (subject === null || !fields.period) return null;
  return [word, subject, toIso(fields.period.fromMs), fields.currency, fields.occurredAt ?? 0].join(' ');
}
