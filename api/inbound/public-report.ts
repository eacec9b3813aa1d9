import type { IncomingMessage } from 'node:http';
import {
  findClickOrigin,
  findLatestClick,
  findNamedSource,
  type SendingSource,
} from '../../db/stores/event-origin-store';
import type { NewEvent } from '../../db/stores/new-event';
import { AppError } from '../../domain/errors';
import { type EventKind, NEVER_PUBLIC } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { asPublicFact } from '../../domain/report/public-fact';
import type { ApiDeps } from '../deps';
import { readVisitorCookie } from '../hot/visitor-cookie';
import type { IncomingEvent } from './incoming-event';

/**
 * A report by somebody who has not proved who he is, as it may be stored: it informs about a click and names no
 * player, because who a player belongs to decides who is paid. Throws 401 for kinds that move money or stop it, 400
 * without a click.
 */
export function asPublic(event: IncomingEvent): Omit<NewEvent, 'workspaceId' | 'brandId' | 'sourceId'> {
  if (NEVER_PUBLIC.has(event.kind)) throw neverPublic(event.kind);
  requireClick(event.clickRef);
  return { ...asPublicFact(event), trust: 'public' };
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
  if (clickRef !== null) return clickRef;
  throw new AppError('invalid_request', 'click_id is needed: a public report belongs to a click.', {
    errors: [{ path: 'click_id', message: 'is needed' }],
  });
}

/** Where a public report belongs: to the source that it names, else to the workspace of its click. 400 when nowhere. */
export async function publicOrigin(
  deps: ApiDeps,
  clickRef: string | null,
  named: string | null,
): Promise<SendingSource> {
  const sourceId = named === null ? null : parseId('src', named);
  const clickId = clickRef === null ? null : parseId('clk', clickRef);
  const source =
    named === null
      ? await findClickOrigin(deps.intakeDb, clickId)
      : sourceId === null
        ? null
        : await findNamedSource(deps.intakeDb, sourceId);
  if (source !== null) return source;
  const path = named === null ? 'click_id' : 'source';
  throw new AppError('invalid_request', `${path} names nothing here.`, {
    errors: [{ path, message: 'names nothing here' }],
  });
}

/** The latest click of the browser's visitor, when the report itself names none. */
export async function clickOfVisitor(deps: ApiDeps, req: IncomingMessage): Promise<string | null> {
  const visitorId = readVisitorCookie(req.headers.cookie);
  return visitorId === null ? null : findLatestClick(deps.intakeDb, visitorId, deps.clock.nowMs());
}
