import { createHash } from 'node:crypto';
import type { Request } from 'express';
import {
  boundPath,
  type ClaimedSignature,
  claimedSignature,
  generateSecret,
  type HeaderProblem,
  isSignatureOf,
} from '../../clients/standard-webhooks';
import { findSigningSource, type SendingSource } from '../../db/stores/event-origin-store';
import type { SignedMessage } from '../../db/stores/new-event';
import { AppError } from '../../domain/errors';
import { parseId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { sourceCaller } from '../limits/caller';
import { refuseStranger } from '../limits/refuse';
import { routePattern } from '../middleware/measure-duration';

/** Whoever says that he has signed a request. */
export type Signer = {
  readonly caller: string;
  readonly signature: ClaimedSignature;
  /** Null when the source is unknown, or cannot sign: then nothing will fit. */
  readonly source: (SendingSource & { readonly secret: string }) | null;
};

/** An unknown source costs as much, and is told as much, as a known one whose signature is wrong. */
const NOBODYS_SECRET = generateSecret();

/**
 * Before the body is read: 401 for headers that are no signature or an old one, 429 for an address that has failed too
 * often. What is answered depends on the headers alone, so that nobody learns whether there is such a source.
 */
export async function findSigner(deps: ApiDeps, req: Request, named: string): Promise<Signer> {
  const caller = sourceCaller(named, deps.limits.addressOf(req));
  refuseStranger(deps, req, caller);
  const claimed = claimedSignature(req.headers, deps.clock.nowMs());
  if (!claimed.ok) throw refusedSignature(deps, req, HEADER_REFUSALS[claimed.problem]);
  const sourceId = parseId('src', named);
  const source = sourceId === null ? null : await findSigningSource(deps.intakeDb, sourceId);
  return { caller, signature: claimed.signature, source };
}

/** Over the bytes of the body, as they came. Throws 401 bad_signature, also for a message that is bound to another path. */
export function proveSigner(
  deps: ApiDeps,
  req: Request,
  { caller, signature, source }: Signer,
): { readonly source: SendingSource; readonly message: SignedMessage } {
  const body = req.rawBody ?? Buffer.alloc(0);
  const fits = isSignatureOf(signature, [source?.secret ?? NOBODYS_SECRET], body);
  if (!fits || source === null) throw refusedSignature(deps, req, BAD);
  const path = routePattern(req.route);
  if ((boundPath(signature.id) ?? path) !== path) throw refusedSignature(deps, req, ELSEWHERE);
  deps.limits.failures.accepted(caller);
  const digest = createHash('sha256').update(signature.id).digest();
  return { source, message: { digest, path } };
}

type Refusal = readonly ['bad_signature' | 'stale_signature', string];

const BAD: Refusal = [
  'bad_signature',
  'The signature does not fit the source and the body; sign the exact bytes with the secret of the source.',
];
const ELSEWHERE: Refusal = ['bad_signature', 'The webhook-id binds this message to another path.'];
const HEADER_REFUSALS: Readonly<Record<HeaderProblem, Refusal>> = {
  missing_header: [
    'bad_signature',
    'A signed request has webhook-id, webhook-timestamp and webhook-signature; one of them is missing.',
  ],
  malformed_header: [
    'bad_signature',
    'webhook-id may hold no dot, webhook-timestamp is whole seconds since 1970, and each header comes once.',
  ],
  stale_timestamp: [
    'stale_signature',
    'The webhook-timestamp lies more than five minutes from our clock; sign again with the current time.',
  ],
};

/** Each counts against the address, an old one too: it may be somebody else's, heard on the way. */
function refusedSignature(deps: ApiDeps, req: Request, [code, detail]: Refusal): AppError {
  deps.limits.failures.failed(deps.limits.addressOf(req), deps.clock.nowMs());
  return new AppError(code, detail);
}
