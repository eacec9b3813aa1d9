import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { findKeyOrigin, type SendingSource } from '../../db/stores/event-origin-store';
import type { SignedMessage } from '../../db/stores/new-event';
import { AppError } from '../../domain/errors';
import type { Trust } from '../../domain/facts';
import { addressRanges, clientAddress, trustedProxies } from '../client-address';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { isSigned } from '../limits/caller';
import { takeKeyShare, takeShare, takeVisitorShare } from '../limits/refuse';
import { PUBLIC_REPORT_UNITS, unitsOfBody, workUnits } from '../limits/work-units';
import { authenticateKey, bearerKey, hasScope, setPrincipal } from '../middleware/authenticate';
import { readBytes, readKnownBytes } from '../middleware/json-body';
import { localsOf } from '../middleware/locals';
import { findSigner, proveSigner, type Signer } from './signer';

/** Who reports an event. */
export type Sender = SendingSource & {
  readonly trust: Exclude<Trust, 'public'>;
  /** The signed message in which it is reported; null for a key's. */
  readonly message: SignedMessage | null;
  /** What is left of the time within which the request must be answered once its body is read. */
  readonly budgetMs: number;
};
type EventLocals = {
  sender?: Sender;
  /** Whoever says that he has signed the request, until its body has proved it. */
  signer?: Signer & { readonly budgetMs: number };
};

/** How a route lets senders name themselves. */
export type Naming = {
  /** The key of a request; by default that of its Authorization header. */
  readonly keyOf?: (req: Request) => string | null;
  /** Lets a request pass that brings neither key nor signature: its route takes public reports. */
  readonly orPublic?: true;
  /** Takes keys only: the report stands in the query, which no signature covers. */
  readonly unsigned?: true;
};

/**
 * Below the two seconds within which a sender must know that Postgres is away. Looking up the sender and storing the
 * event share it; the time in which the body arrives is the sender's own.
 */
export const ANSWER_WITHIN_MS = 1_800;

/** Many times what a report has; what nobody stands up for gets no more room. */
const MAX_PUBLIC_BYTES = 16_384;
const readPublicBytes = readBytes(
  MAX_PUBLIC_BYTES,
  'Without a key or a signature a body may have 16 kB at most.',
);

/**
 * First part, before the body is read: finds the key, or the source that a signed request names by `?source=`.
 * Signature headers without a source are ignored, because a Bearer key may be all that the sender set up.
 */
export function identifySender(deps: ApiDeps, naming: Naming = {}): RequestHandler {
  const keyOf = naming.keyOf ?? bearerKey;
  return async (req, res, next) => {
    const startedMs = performance.now();
    const source = naming.unsigned ? null : signingSource(req);
    const key = keyOf(req);
    if (naming.orPublic && source === null && key === null && req.headers.authorization === undefined) {
      takePublicShare(deps, req, res);
      next();
      return;
    }
    const locals = res.locals as EventLocals;
    const budgetMs = (): number => ANSWER_WITHIN_MS - (performance.now() - startedMs);
    if (source === null) {
      const sender = await withDeadline(senderByKey(deps, req, res, key), ANSWER_WITHIN_MS);
      locals.sender = { ...sender, budgetMs: budgetMs() };
    } else {
      const signer = await withDeadline(findSigner(deps, req, source), ANSWER_WITHIN_MS);
      locals.signer = { ...signer, budgetMs: budgetMs() };
    }
    next();
  };
}

/** Second part: takes in the bytes of the body and looks at none. 413 above 1 MB, or 16 kB of a public report. */
export const readReportBytes: RequestHandler = (req, res, next) => {
  const { sender, signer } = res.locals as EventLocals;
  const read = sender === undefined && signer === undefined ? readPublicBytes : readKnownBytes;
  read(req, res, next);
};

/**
 * Third part, over the bytes of the body and before it is parsed. 401 bad_signature; 429 rate_limited for a share that
 * is used up, to which large bodies count more; 403 address_not_allowed for an address from which the source may not
 * report.
 */
export function verifySender(deps: ApiDeps): RequestHandler {
  const refuseAddress = addressCheck(deps);
  return async (req, res, next) => {
    const locals = res.locals as EventLocals;
    const bytes = req.rawBody?.length ?? 0;
    const { signer } = locals;
    if (signer !== undefined) {
      const proved = proveSigner(deps, req, signer);
      const { sourceId } = proved.source.origin;
      // Only now: whoever merely knows the id of a source could otherwise use up its share.
      await takeShare(deps, deps.limits.events, sourceId, res, workUnits(bytes));
      setPrincipal(res, {
        ...proved.source.origin,
        keyId: null,
        scopes: ['events:write'],
        actor: `source:${sourceId}`,
      });
      const { budgetMs } = signer;
      locals.sender = { ...proved.source, trust: 'signed', message: proved.message, budgetMs };
    } else await localsOf(res).payForBody?.(bytes);
    if (locals.sender !== undefined) refuseAddress(req, locals.sender);
    next();
  };
}

/** Throws 403 address_not_allowed unless the source has no list of addresses, or the client's is on it. */
export function addressCheck(deps: ApiDeps): (req: IncomingMessage, source: SendingSource) => void {
  const proxies = trustedProxies(deps.config.trustedProxies);
  return (req, { ipAllowList }) => {
    if (ipAllowList.length === 0) return;
    const address = clientAddress(req, proxies);
    if (address !== null && addressRanges(ipAllowList)(address)) return;
    throw new AppError(
      'address_not_allowed',
      `${address ?? 'An unknown address'} is not on the ipAllowList of this source.`,
    );
  };
}

/** Where the events of this request belong, and how far they are trusted. */
export function senderOf(res: Response): Sender {
  const sender = senderOrPublic(res);
  if (sender === null) throw new Error('the route does not identify its sender');
  return sender;
}

/** As `senderOf`; null when nobody has named himself, on a route that takes public reports. */
export function senderOrPublic(res: Response): Sender | null {
  return (res.locals as EventLocals).sender ?? null;
}

/** The source that a signed request names; null when the request is not signed. */
function signingSource(req: Request): string | null {
  const { source } = req.query;
  return isSigned(req) && typeof source === 'string' ? source : null;
}

async function senderByKey(
  deps: ApiDeps,
  req: Request,
  res: Response,
  key: string | null,
): Promise<Omit<Sender, 'budgetMs'>> {
  const principal = await authenticateKey(deps, deps.intakeDb, req, key);
  // What stands in a URL ends up in logs and histories: only the key of a source, which can do little, may.
  if (principal.sourceId === null && key !== bearerKey(req)) {
    throw new AppError('unauthorized', 'Only the key of a source may stand in a URL.');
  }
  if (!hasScope(principal, 'events:write')) {
    throw new AppError('missing_scope', 'This key lacks the scope events:write.');
  }
  setPrincipal(res, principal);
  await takeKeyShare(deps, deps.limits.events, principal.keyId, res);
  const source = await findKeyOrigin(deps.intakeDb, principal.workspaceId, principal.sourceId);
  return { ...source, trust: 'keyed', message: null };
}

function takePublicShare(deps: ApiDeps, req: Request, res: Response): void {
  const locals = localsOf(res);
  const { length } = req.originalUrl;
  locals.isCounted = true;
  locals.payForBody = async (bytes) => takeVisitorShare(deps, req, res, unitsOfBody(bytes, length));
  takeVisitorShare(deps, req, res, workUnits(length) - 1 + PUBLIC_REPORT_UNITS);
}
