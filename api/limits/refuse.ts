import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Response } from 'express';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { localsOf } from '../middleware/locals';
import type { KeyLimit, Taken } from './key-limit';
import { unitsOfBody } from './work-units';

const VISITOR_WINDOW_SECONDS = 1;

/**
 * Counts a request of the key, or some units of one, and says so in the headers. Throws rate_limited, with the time to
 * wait, when the key has had its share. A null limit is none.
 */
export async function takeShare(
  deps: ApiDeps,
  limit: KeyLimit | null,
  key: string,
  res: ServerResponse,
  units = 1,
): Promise<void> {
  if (limit === null || units === 0) return;
  const taken = await limit.take(key, units);
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

/** As `takeShare`, of a request whose body is yet to come and will be paid for when it is there. */
export async function takeKeyShare(
  deps: ApiDeps,
  limit: KeyLimit | null,
  key: string,
  res: Response,
): Promise<void> {
  localsOf(res).payForBody = (bytes) => takeShare(deps, limit, key, res, unitsOfBody(bytes));
  await takeShare(deps, limit, key, res);
}

/**
 * Counts a request without a key, or some units of one, against its address. Throws rate_limited when the address has
 * had its share.
 */
export function takeVisitorShare(deps: ApiDeps, req: IncomingMessage, res: ServerResponse, units = 1): void {
  const { limits, clock } = deps;
  if (units === 0 || limits.visitors.take(limits.addressOf(req), clock.nowMs(), units)) return;
  throw visitorRefusal(deps, res);
}

/** The refusal of what an address has too much, counted and said in the headers. */
export function visitorRefusal(
  { metrics, config }: Pick<ApiDeps, 'metrics' | 'config'>,
  res: ServerResponse,
): AppError {
  metrics.refusals.inc({ reason: 'address' });
  const limit = config.limits.addressRequestsPerSecond;
  const policy = { name: 'address', limit, windowSeconds: VISITOR_WINDOW_SECONDS };
  setHeaders(res, { allowed: false, remaining: 0, resetSeconds: VISITOR_WINDOW_SECONDS, policy });
  return new AppError('rate_limited', `One address may send ${limit} requests without a key in a second.`, {
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
