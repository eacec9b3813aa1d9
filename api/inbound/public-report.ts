import { findClickOrigin, findNamedSource, type SendingSource } from '../../db/stores/event-origin-store';
import type { NewEvent, RawReport } from '../../db/stores/new-event';
import { AppError } from '../../domain/errors';
import { type EventKind, NEVER_PUBLIC } from '../../domain/facts';
import { parseId, type WorkspaceId } from '../../domain/ids';
import { asPublicFact } from '../../domain/report/public-fact';
import type { ApiDeps } from '../deps';
import type { IncomingEvent } from './incoming-event';
import { foldName, PARAMETER_NAMES } from './s2s-words';

/**
 * A report by somebody who has not proved who he is, as it may be stored: it informs about a click and names no
 * player, because who a player belongs to decides who is paid. Throws 401 for kinds that move money or stop it, 400
 * without a click.
 */
export function asPublic(event: IncomingEvent): Omit<NewEvent, 'workspaceId' | 'brandId' | 'sourceId'> {
  if (NEVER_PUBLIC.has(event.kind)) throw neverPublic(event.kind);
  requireClick(event.clickRef);
  return { ...asPublicFact(event), raw: publicRaw(event.raw), trust: 'public' };
}

/** Of an ordinary report everything is kept: rules may compare what we do not know. */
const MAX_KEPT_LENGTH = 2_048;
const MAX_KEPT_VALUE_LENGTH = 200;
const KNOWN_NAMES: ReadonlySet<string> = new Set(Object.values(PARAMETER_NAMES).flat());

/**
 * What is kept for thirty days of a report that anybody may send as often as he likes: all of it when it is short, else
 * only the parameters that we know, cut to a length.
 */
export function publicRaw(raw: RawReport): RawReport {
  const userAgent = raw.userAgent?.slice(0, MAX_KEPT_LENGTH) ?? null;
  if (JSON.stringify(raw.body).length <= MAX_KEPT_LENGTH) return { ...raw, userAgent };
  const known = Object.entries(raw.body as object).filter(([name]) => KNOWN_NAMES.has(foldName(name)));
  const body = Object.fromEntries(
    known.map(([name, value]) => [name, String(value).slice(0, MAX_KEPT_VALUE_LENGTH)]),
  );
  return { ...raw, userAgent, body };
}

/** 401 for kinds that move money or stop it. */
export function neverPublic(kind: EventKind): AppError {
  return new AppError(
    'unauthorized',
    `A ${kind} is taken only with the key of a source (key=…, or Authorization) or its signature.`,
  );
}

/** The click of a public report, which belongs to one. Throws 400 without. */
export function requireClick(clickRef: string | null): string {
  if (clickRef === null) throw needsClick();
  return clickRef;
}

/** 400 for a public report that belongs to no click. */
export function needsClick(): AppError {
  return new AppError('invalid_request', 'click_id is needed: a public report belongs to a click.', {
    errors: [{ path: 'click_id', message: 'is needed' }],
  });
}

/** What a public report says about whose it is. */
export type SaidOrigin = {
  /** A source, by its id. */
  readonly source: string | null;
  /** The workspace of the host that it was sent to. */
  readonly workspaceId: WorkspaceId | null;
};

/**
 * Where a public report belongs: to the source that it names, else to the workspace of its click, else to that of the
 * host. It is said by the request, never guessed from what its sender did elsewhere. 400 when nowhere.
 */
export async function publicOrigin(
  deps: ApiDeps,
  clickRef: string | null,
  { source: named, workspaceId }: SaidOrigin,
): Promise<SendingSource> {
  const sourceId = named === null ? null : parseId('src', named);
  const clickId = clickRef === null ? null : parseId('clk', clickRef);
  const source =
    named === null
      ? await findClickOrigin(deps.intakeDb, clickId, workspaceId)
      : sourceId === null
        ? null
        : await findNamedSource(deps.intakeDb, sourceId);
  if (source !== null) return source;
  const path = named === null ? 'click_id' : 'source';
  throw new AppError('invalid_request', `${path} names nothing here.`, {
    errors: [{ path, message: 'names nothing here' }],
  });
}
