import { isIP } from 'node:net';
import type { NewEvent, RawReport } from '../../db/stores/new-event';
import { AppError, type FieldProblem } from '../../domain/errors';
import type { EventKind } from '../../domain/facts';
import type { ReportFields } from '../../domain/report/report-fields';
import { readFact } from '../../domain/report/reported-fact';
import type { KnownFields } from './event-body';

/** A fact as a dialect has translated it; who reported it, and how far that is trusted, is not its business. */
export type IncomingEvent = Omit<NewEvent, 'workspaceId' | 'brandId' | 'sourceId' | 'trust'>;

/** The fields that all dialects share, whatever they call them. */
export type EventFields = ReportFields & PersonalFields & { readonly eventId: string };

type PersonalFields = {
  readonly ip?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
};

/** The fact that checked fields state. Throws 400 invalid_request for what only several fields together can show. */
export function toIncomingEvent(
  kind: EventKind,
  { fields, unknownFields, body, spelling }: KnownFields<EventFields>,
): IncomingEvent {
  const read = readFact(kind, fields, unknownFields);
  if (!read.ok) throw misfit(read.problems, spelling);
  return { ...read.fact, raw: rawOf(body, fields) };
}

/** 400 invalid_request for fields that do not fit together, in the sender's spelling. */
export function misfit(problems: readonly FieldProblem[], spelling: (path: string) => string): AppError {
  return new AppError('invalid_request', 'The body does not fit: see errors.', {
    errors: problems.map(({ path, message }) => ({ path: spelling(path), message })),
  });
}

/** What is kept apart of a report. An address that Postgres could not store still stands in the raw body. */
export function rawOf(body: unknown, { ip, userAgent }: PersonalFields): RawReport {
  return {
    body,
    ip: isIP(ip ?? '') !== 0 && !ip?.includes('%') ? (ip ?? null) : null,
    userAgent: userAgent ?? null,
  };
}
