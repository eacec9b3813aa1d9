import { isIP } from 'node:net';
import type { z } from 'zod';
import type { NewEvent } from '../../db/stores/new-event';
import { AppError, type FieldProblem } from '../../domain/errors';
import type { DepositStatus, EventKind, Period } from '../../domain/facts';
import type { Money } from '../../domain/money';
import { toIso } from '../../domain/time';
import { positiveMoneyField, signedMoneyField } from '../schemas/fields';
import type { KnownFields } from './event-body';

/** A fact as a dialect has translated it; who reported it, and how far that is trusted, is not its business. */
export type IncomingEvent = Omit<NewEvent, 'workspaceId' | 'brandId' | 'sourceId' | 'trust'>;

/** The fields that all dialects share, whatever they call them. */
export type EventFields = {
  readonly eventId: string;
  readonly transactionId?: string | null | undefined;
  readonly playerId?: string | null | undefined;
  readonly clickId?: string | null | undefined;
  readonly occurredAt?: number | null | undefined;
  readonly amount?: string | number | null | undefined;
  readonly currency?: string | null | undefined;
  readonly status?: DepositStatus | null | undefined;
  readonly depositEventId?: string | undefined;
  /** When the player's device began to install, as its store tells. */
  readonly installBeginAt?: number | null | undefined;
  readonly period?: Period | null | undefined;
  readonly until?: number | null | undefined;
  readonly country?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly city?: string | null | undefined;
  readonly product?: string | null | undefined;
  readonly ngr?: string | number | null | undefined;
  readonly test?: boolean | null | undefined;
  readonly ip?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
  readonly emailVerified?: boolean | null | undefined;
  readonly kycStatus?: string | null | undefined;
};

/** The fact that checked fields state. Throws 400 invalid_request for what only several fields together can show. */
export function toIncomingEvent(
  kind: EventKind,
  { fields, unknownFields, body, spelling }: KnownFields<EventFields>,
): IncomingEvent {
  const problems: FieldProblem[] = [];
  const money = moneyOf(kind, fields, problems);
  const ngr = ngrOf(fields.ngr, problems);
  const span = spanOf(kind, fields, problems);
  if (problems.length > 0) {
    throw new AppError('invalid_request', 'The body does not fit: see errors.', {
      errors: problems.map(({ path, message }) => ({ path: spelling(path), message })),
    });
  }
  return {
    kind,
    senderEventId: fields.eventId,
    transactionKey: fields.transactionId ?? fields.eventId,
    status: kind === 'deposit' || kind === 'withdrawal' ? (fields.status ?? 'confirmed') : null,
    refersTo: fields.depositEventId ?? null,
    clickRef: fields.clickId ?? null,
    playerExternalId: fields.playerId ?? null,
    money,
    ...span,
    occurredAtMs: fields.occurredAt ?? null,
    attributes: present({
      country: /^[a-z]{2}$/i.test(fields.country ?? '') ? fields.country?.toUpperCase() : fields.country,
      region: fields.region,
      city: fields.city,
      product: fields.product,
      ngr,
      emailVerified: fields.emailVerified,
      kycStatus: fields.kycStatus,
      installBeginAt: typeof fields.installBeginAt === 'number' ? toIso(fields.installBeginAt) : null,
      unknownFields,
    }),
    isTest: fields.test ?? false,
    raw: {
      body,
      // An address that Postgres could not store still stands in the raw body.
      ip: isIP(fields.ip ?? '') !== 0 && !fields.ip?.includes('%') ? (fields.ip ?? null) : null,
      userAgent: fields.userAgent ?? null,
    },
  };
}

const ZERO = /^-?0+(?:\.0+)?$/;
const DECIMAL = /^-?\d{1,19}(?:\.\d{1,10})?$/;

const NEEDS_MONEY: ReadonlySet<EventKind> = new Set(['deposit', 'withdrawal', 'ngr', 'chargeback']);

/** What moves money needs an amount; elsewhere a zero says the same as nothing. */
function moneyOf(kind: EventKind, fields: EventFields, problems: FieldProblem[]): Money | null {
  const { amount, currency } = fields;
  if (kind === 'self_exclusion') return null;
  const isRequired = NEEDS_MONEY.has(kind);
  const hasAmount = amount !== undefined && amount !== null;
  if (!isRequired && (!hasAmount || ZERO.test(String(amount)))) return null;
  if (!hasAmount) problems.push({ path: 'amount', message: 'is needed' });
  if (currency === undefined || currency === null) problems.push({ path: 'currency', message: 'is needed' });
  if (problems.length > 0) return null;
  const field = kind === 'ngr' ? signedMoneyField() : positiveMoneyField();
  const parsed = field.safeParse({ amount, currency });
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.map(toProblem));
  return null;
}

/** The period of an NGR report, and the end of an exclusion; other kinds have neither. */
function spanOf(
  kind: EventKind,
  { period, until, occurredAt }: EventFields,
  problems: FieldProblem[],
): Pick<IncomingEvent, 'period' | 'untilMs'> {
  if (kind === 'ngr') {
    if (period !== undefined && period !== null) return { period };
    problems.push({ path: 'period', message: 'is needed' });
  }
  if (kind !== 'self_exclusion' || until === undefined || until === null) return {};
  // Without a time of its own the exclusion begins at receipt, and an end before that would be none.
  if (occurredAt === undefined || occurredAt === null) {
    problems.push({ path: 'occurredAt', message: 'is needed beside until' });
  } else if (until <= occurredAt) problems.push({ path: 'until', message: 'must lie after occurredAt' });
  return { untilMs: until };
}

function toProblem(issue: z.core.$ZodIssue): FieldProblem {
  return { path: issue.path.map(String).join('.'), message: issue.message };
}

function ngrOf(ngr: string | number | null | undefined, problems: FieldProblem[]): string | null {
  if (ngr === undefined || ngr === null) return null;
  if (DECIMAL.test(String(ngr))) return String(ngr);
  problems.push({ path: 'ngr', message: 'must be a decimal such as "-12.50"' });
  return null;
}

function present(
  attributes: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) found[name] = value;
  }
  return found;
}
