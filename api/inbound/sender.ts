import type { Request, RequestHandler, Response } from 'express';
import { verifyWebhook } from '../../clients/standard-webhooks';
import { findKeyOrigin, findSigningSource, type SendingSource } from '../../db/stores/event-origin-store';
import { AppError } from '../../domain/errors';
import type { Trust } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { addressRanges, clientAddress, trustedProxies } from '../client-address';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { refuseStranger, takeShare, takeVisitorShare } from '../limits/refuse';
import { authenticateKey, bearerKey, hasScope, setPrincipal } from '../middleware/authenticate';

/** Who reports an event. `secret` is set while a signature still has to be verified over the body. */
type Sender = SendingSource & {
  readonly trust: Exclude<Trust, 'public'>;
  readonly secret: string | null;
  /** What is left of the time within which the request must be answered once its body is read. */
  readonly budgetMs: number;
};
type EventLocals = { sender?: Sender };

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

const SIGNATURE_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/**
 * First half, before the body is read: finds the key, or the source that a signed request names by `?source=`.
 * Signature headers without a source are ignored, because a Bearer key may be all that the sender set up.
 */
export function identifySender(deps: ApiDeps, naming: Naming = {}): RequestHandler {
  const keyOf = naming.keyOf ?? bearerKey;
  return async (req, res, next) => {
    const startedMs = performance.now();
    const source = naming.unsigned ? null : signingSource(req);
    const key = keyOf(req);
    if (naming.orPublic && source === null && key === null && req.headers.authorization === undefined) {
      takeVisitorShare(deps, req, res);
      next();
      return;
    }
    const lookUp = source === null ? senderByKey(deps, req, res, key) : senderBySource(deps, req, source);
    const sender = await withDeadline(lookUp, ANSWER_WITHIN_MS);
    const budgetMs = ANSWER_WITHIN_MS - (performance.now() - startedMs);
    (res.locals as EventLocals).sender = { ...sender, budgetMs };
    next();
  };
}

/**
 * Second half, over the bytes of the body. 401 bad_signature, or stale_signature beyond five minutes; 429
 * rate_limited; 403 address_not_allowed for an address from which the source may not report.
 */
export function verifySender(deps: ApiDeps): RequestHandler {
  const refuseAddress = addressCheck(deps);
  return async (req, res, next) => {
    const sender = senderOrPublic(res);
    if (sender === null) {
      next();
      return;
    }
    const { origin, secret } = sender;
    if (secret !== null) {
      refuseBadSignature(deps, req, secret);
      // Only now: whoever merely knows the id of a source could otherwise use up its share.
      if (origin.sourceId !== null) {
        deps.limits.failures.accepted(origin.sourceId);
        await takeShare(deps, deps.limits.events, origin.sourceId, res);
      }
      setPrincipal(res, {
        ...origin,
        keyId: null,
        scopes: ['events:write'],
        actor: `source:${origin.sourceId}`,
      });
    }
    refuseAddress(req, sender);
    next();
  };
}

/** Throws 403 address_not_allowed unless the source has no list of addresses, or the client's is on it. */
export function addressCheck(deps: ApiDeps): (req: Request, source: SendingSource) => void {
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
  const isSigned = SIGNATURE_HEADERS.some((header) => req.headers[header] !== undefined);
  return isSigned && typeof source === 'string' ? source : null;
}

async function senderBySource(deps: ApiDeps, req: Request, named: string): Promise<Omit<Sender, 'budgetMs'>> {
  refuseStranger(deps, req, named);
  const sourceId = parseId('src', named);
  const source = sourceId === null ? null : await findSigningSource(deps.intakeDb, sourceId);
  // One answer for an unknown source and for a wrong secret: a stranger learns of neither.
  if (source === null) {
    countFailure(deps, req);
    throw badSignature();
  }
  return { ...source, trust: 'signed' };
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
  await takeShare(deps, deps.limits.events, principal.keyId, res);
  const source = await findKeyOrigin(deps.intakeDb, principal.workspaceId, principal.sourceId);
  return { ...source, trust: 'keyed', secret: null };
}

function refuseBadSignature(deps: ApiDeps, req: Request, secret: string): void {
  const verification = verifyWebhook({
    secrets: [secret],
    headers: req.headers,
    body: req.rawBody ?? Buffer.alloc(0),
    nowMs: deps.clock.nowMs(),
  });
  if (verification.ok) return;
  if (verification.problem !== 'stale_timestamp') {
    countFailure(deps, req);
    throw badSignature();
  }
  throw new AppError(
    'stale_signature',
    'The webhook-timestamp lies more than five minutes from our clock; sign again with the current time.',
  );
}

function countFailure(deps: ApiDeps, req: Request): void {
  deps.limits.failures.failed(deps.limits.addressOf(req), deps.clock.nowMs());
}

function badSignature(): AppError {
  return new AppError(
    'bad_signature',
    'The signature does not fit the source and the body; sign the exact bytes with the secret of the source.',
  );
}
