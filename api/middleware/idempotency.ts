import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Db } from '../../db/knex';
import {
  fillSlot,
  type IdempotencySlot,
  purgeExpiredSlots,
  reserveSlot,
} from '../../db/stores/idempotency-store';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { bearerKey, principalOf } from './authenticate';
import { openAnswer, sealAnswer } from './sealed-answer';

/** What a route answers: the JSON body, and where the thing can be read. */
export type Answer = { readonly status: number; readonly body: unknown; readonly location?: string };

const KEY_FORMAT = /^[\x21-\x7e]{1,200}$/;
/** Expired answers removed per stored one; more than one, so that the table shrinks. */
const PURGED_PER_REQUEST = 5;

/**
 * Runs `work` in one transaction and returns its answer. With an `Idempotency-Key` header the answer is stored
 * in that transaction: the same key and body on the same path get the first answer again for 24 hours, however
 * many arrive at once; another body is refused with 409 idempotency_conflict. A refused request stores nothing.
 */
export async function runOnce(
  deps: ApiDeps,
  req: Request,
  res: Response,
  work: (trx: Db) => Promise<Answer>,
): Promise<Answer> {
  const slot = slotOf(req, res);
  if (slot === null) return deps.db.transaction(work);
  const apiKey = bearerKey(req) ?? '';
  const bodyHash = createHash('sha256')
    .update(req.rawBody ?? '')
    .digest();
  return deps.db.transaction(async (trx) => {
    const nowMs = deps.clock.nowMs();
    const stored = await reserveSlot(trx, slot, bodyHash, nowMs);
    if (stored !== 'reserved') {
      if (!stored.bodyHash.equals(bodyHash)) throw conflict();
      return openAnswer(apiKey, stored.sealed) as Answer;
    }
    const answer = await work(trx);
    await fillSlot(trx, slot, answer.status, sealAnswer(apiKey, answer));
    await purgeExpiredSlots(trx, nowMs, PURGED_PER_REQUEST);
    return answer;
  });
}

/** Sends what `runOnce` returned. */
export function sendAnswer(res: Response, answer: Answer): void {
  if (answer.location !== undefined) res.location(answer.location);
  res.status(answer.status).set('cache-control', 'no-store').json(answer.body);
}

function slotOf(req: Request, res: Response): IdempotencySlot | null {
  const header = req.headers['idempotency-key'];
  const { keyId } = principalOf(res);
  if (header === undefined || keyId === null) return null;
  if (typeof header !== 'string' || !KEY_FORMAT.test(header)) {
    const path = 'Idempotency-Key';
    const message = 'must be 1 to 200 printable ASCII characters without spaces';
    throw new AppError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
  }
  return { keyId, route: `${req.method} ${plainPath(req)}`, idempotencyKey: header };
}

/** Express takes other cases and a trailing slash for the same route; so must we. */
function plainPath(req: Request): string {
  return req.path.toLowerCase().replace(/\/$/, '');
}

function conflict(): AppError {
  return new AppError(
    'idempotency_conflict',
    'This Idempotency-Key was used on this path with another body; use a new key for a new request.',
  );
}
