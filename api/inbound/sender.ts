import type { Request, RequestHandler, Response } from 'express';
import { verifyWebhook } from '../../clients/standard-webhooks';
import { type EventOrigin, findKeyOrigin, findSigningSource } from '../../db/stores/event-origin-store';
import { AppError } from '../../domain/errors';
import type { Trust } from '../../domain/facts';
import { parseId } from '../../domain/ids';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { authenticateKey, hasScope, setPrincipal } from '../middleware/authenticate';

/** Who reports an event. `secret` is set while a signature still has to be verified over the body. */
type Sender = {
  readonly origin: EventOrigin;
  readonly trust: Trust;
  readonly secret: string | null;
  /** What is left of the time within which the request must be answered once its body is read. */
  readonly budgetMs: number;
};
type EventLocals = { sender?: Sender };

/**
 * Below the two seconds within which a sender must know that Postgres is away. Looking up the sender and storing the
 * event share it; the time in which the body arrives is the sender's own.
 */
const ANSWER_WITHIN_MS = 1_800;

const SIGNATURE_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/**
 * First half, before the body is read: finds the key, or the source that a signed request names by `?source=`.
 * Signature headers without a source are ignored, because a Bearer key may be all that the sender set up.
 */
export function identifySender(deps: ApiDeps): RequestHandler {
  return async (req, res, next) => {
    const startedMs = performance.now();
    const source = signingSource(req);
    const lookUp = source === null ? senderByKey(deps, req, res) : senderBySource(deps, source);
    const sender = await withDeadline(lookUp, ANSWER_WITHIN_MS);
    const budgetMs = ANSWER_WITHIN_MS - (performance.now() - startedMs);
    (res.locals as EventLocals).sender = { ...sender, budgetMs };
    next();
  };
}

/** Second half, over the bytes of the body. 401 bad_signature, or stale_signature beyond five minutes. */
export function verifySender(deps: ApiDeps): RequestHandler {
  return (req, res, next) => {
    const { origin, secret } = senderOf(res);
    if (secret !== null) {
      refuseBadSignature(deps, req, secret);
      setPrincipal(res, {
        ...origin,
        keyId: null,
        scopes: ['events:write'],
        actor: `source:${origin.sourceId}`,
      });
    }
    next();
  };
}

/** Where the events of this request belong, and how far they are trusted. */
export function senderOf(res: Response): Sender {
  const { sender } = res.locals as EventLocals;
  if (sender === undefined) throw new Error('the route does not identify its sender');
  return sender;
}

/** The source that a signed request names; null when the request is not signed. */
function signingSource(req: Request): string | null {
  const { source } = req.query;
  const isSigned = SIGNATURE_HEADERS.some((header) => req.headers[header] !== undefined);
  return isSigned && typeof source === 'string' ? source : null;
}

async function senderBySource(deps: ApiDeps, named: string): Promise<Omit<Sender, 'budgetMs'>> {
  const sourceId = parseId('src', named);
  const source = sourceId === null ? null : await findSigningSource(deps.db, sourceId);
  // One answer for an unknown source and for a wrong secret: a stranger learns of neither.
  if (source === null) throw badSignature();
  return { origin: source.origin, trust: 'signed', secret: source.secret };
}

async function senderByKey(deps: ApiDeps, req: Request, res: Response): Promise<Omit<Sender, 'budgetMs'>> {
  const principal = await authenticateKey(deps, req);
  if (!hasScope(principal, 'events:write')) {
    throw new AppError('missing_scope', 'This key lacks the scope events:write.');
  }
  setPrincipal(res, principal);
  const origin = await findKeyOrigin(deps.db, principal.workspaceId, principal.sourceId);
  return { origin, trust: 'keyed', secret: null };
}

function refuseBadSignature(deps: ApiDeps, req: Request, secret: string): void {
  const verification = verifyWebhook({
    secrets: [secret],
    headers: req.headers,
    body: req.rawBody ?? Buffer.alloc(0),
    nowMs: deps.clock.nowMs(),
  });
  if (verification.ok) return;
  if (verification.problem !== 'stale_timestamp') throw badSignature();
  throw new AppError(
    'stale_signature',
    'The webhook-timestamp lies more than five minutes from our clock; sign again with the current time.',
  );
}

function badSignature(): AppError {
  return new AppError(
    'bad_signature',
    'The signature does not fit the source and the body; sign the exact bytes with the secret of the source.',
  );
}
