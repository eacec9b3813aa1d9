import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import type { KeyLimit, Taken } from './key-limit';

const VISITOR_WINDOW_SECONDS = 1;

/**
 * Counts one request of the key and says so in the headers. Throws rate_limited, with the time to wait, when the key
 * has had its share. A null limit is none.
 */
export async function takeShare(
  deps: ApiDeps,
  limit: KeyLimit | null,
  key: string,
  res: ServerResponse,
): Promise<void> {
  if (limit === null) return;
  const taken = await limit.take(key);
  setHeaders(res, taken);
  if (taken.allowed) return;
  deps.metrics.refusals.inc({ reason: 'key' });
  const { name, limit: most, windowSeconds } = taken.policy;
  throw new AppError(
    'rate_limited',
    `One key may send ${most} ${name} in ${windowSeconds} s; try again as Retry-After says.`,
    { retryAfterSeconds: taken.resetSeconds },
  );
}

/** Counts one request without a key against its address. Throws rate_limited when the address has had its share. */
export function takeVisitorShare(deps: ApiDeps, req: IncomingMessage, res: ServerResponse): void {
  const { limits, config } = deps;
  if (limits.visitors.take(limits.addressOf(req), deps.clock.nowMs())) return;
  deps.metrics.refusals.inc({ reason: 'address' });
  const limit = config.limits.addressRequestsPerSecond;
  const policy = { name: 'address', limit, windowSeconds: VISITOR_WINDOW_SECONDS };
  setHeaders(res, { allowed: false, remaining: 0, resetSeconds: VISITOR_WINDOW_SECONDS, policy });
  throw new AppError('rate_limited', `One address may send ${limit} requests without a key in a second.`, {
    retryAfterSeconds: VISITOR_WINDOW_SECONDS,
  });
}

/** Throws rate_limited for a caller who was never accepted and whose address has sent too many wrong credentials. */
export function refuseStranger(deps: ApiDeps, req: IncomingMessage, caller: string): void {
  const { failures, addressOf } = deps.limits;
  const wait = failures.secondsToWait(addressOf(req), caller, deps.clock.nowMs());
  if (wait === null) return;
  deps.metrics.refusals.inc({ reason: 'auth_failures' });
  throw new AppError('rate_limited', 'Too many wrong credentials came from this address; wait.', {
    retryAfterSeconds: wait,
  });
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: q is the quota, w its window, r what remains, t until when. */
function setHeaders(res: ServerResponse, { policy, remaining, resetSeconds }: Taken): void {
  // The answer may be out by now: the database was given up while somebody counted.
  if (res.headersSent) return;
  res.setHeader('ratelimit-policy', `"${policy.name}";q=${policy.limit};w=${policy.windowSeconds}`);
  res.setHeader('ratelimit', `"${policy.name}";r=${remaining};t=${resetSeconds}`);
}
