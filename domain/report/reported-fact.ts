import type { FieldProblem } from '../errors';
import type { EventKind } from '../facts';
import { type Money, parseMoney } from '../money';
import { MONEY_PROBLEMS } from '../money-problems';
import { toIso } from '../time';
import type { ReportedFact, ReportFields } from './report-fields';

export type ReadFact =
  | { readonly ok: true; readonly fact: ReportedFact }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** The fact that checked fields state, or what only several fields together show to be wrong. */
export function readFact(
  kind: EventKind,
  fields: ReportFields & { readonly eventId: string },
  unknownFields: number,
): ReadFact {
  const problems: FieldProblem[] = [];
  const money = moneyOf(kind, fields, problems);
  const ngr = ngrOf(fields.ngr, problems);
  const span = spanOf(kind, fields, problems);
  if (problems.length > 0) return { ok: false, problems };
  const fact: ReportedFact = {
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
      reason: fields.reason,
      ngr,
      emailVerified: fields.emailVerified,
      kycStatus: fields.kycStatus,
      rejectionReason: fields.rejectionReason,
      installBeginAt: typeof fields.installBeginAt === 'number' ? toIso(fields.installBeginAt) : null,
      unknownFields,
    }),
    isTest: fields.test ?? false,
  };
  return { ok: true, fact };
}

const ZERO = /^-?0+(?:\.0+)?$/;
const DECIMAL = /^-?\d{1,19}(?:\.\d{1,10})?$/;

const NEEDS_MONEY: ReadonlySet<EventKind> = new Set(['deposit', 'withdrawal', 'ngr', 'chargeback']);

/** What moves money needs an amount; elsewhere a zero says the same as nothing. */
function moneyOf(kind: EventKind, fields: ReportFields, problems: FieldProblem[]): Money | null {
  const { amount, currency } = fields;
  if (kind === 'self_exclusion') return null;
  // What is taken back whole need not say how much that is: the deposit says it.
  const isWhole = kind === 'deposit' && fields.status === 'reversed';
  const isRequired = NEEDS_MONEY.has(kind) && !isWhole;
  const hasAmount = amount !== undefined && amount !== null;
  if (!isRequired && (!hasAmount || ZERO.test(String(amount)))) return null;
  if (!hasAmount) problems.push({ path: 'amount', message: 'is needed' });
  if (currency === undefined || currency === null) problems.push({ path: 'currency', message: 'is needed' });
  if (!hasAmount || currency === undefined || currency === null) return null;
  const parsed = parseMoney(amount, currency);
  if (!parsed.ok) {
    const { field, message } = MONEY_PROBLEMS[parsed.problem];
    problems.push({ path: field, message });
    return null;
  }
  if (kind === 'ngr' || parsed.money.amountMinor > 0n) return parsed.money;
  problems.push({ path: 'amount', message: 'must be above zero' });
  return null;
}

/** The period of an NGR report, and the end of an exclusion; other kinds have neither. */
function spanOf(
  kind: EventKind,
  { period, until, occurredAt }: ReportFields,
  problems: FieldProblem[],
): Pick<ReportedFact, 'period' | 'untilMs'> {
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
