import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiDeps } from '../deps';
import { workUnits } from '../limits/work-units';
import { createAdmission } from './admission';
import { RETRY_AFTER_SECONDS, RETRY_PAGE } from './click-pages';

/** Why a click, impression or pixel is not even looked at. */
export type HotRefusal = {
  readonly status: 429 | 503;
  readonly reason: 'event_loop' | 'clicks_per_second' | 'address';
};

/**
 * The gate before the hot routes: null for a request that may come in. What it asks is in memory and costs
 * microseconds, so that refusing stays cheap however much arrives.
 */
export function hotGate(deps: ApiDeps): (req: IncomingMessage) => HotRefusal | null {
  const { limits, apiProcesses } = deps.config;
  const admission = createAdmission(limits.clicksPerSecond / apiProcesses);
  const isLimited = limits.addressRequestsPerSecond > 0;
  const refuse = (status: 429 | 503, reason: HotRefusal['reason']): HotRefusal => {
    deps.metrics.refusals.inc({ reason });
    return { status, reason };
  };
  return (req) => {
    if (deps.isLate()) return refuse(503, 'event_loop');
    const nowMs = deps.clock.nowMs();
    // Before the admission limit: what one address has too much must not be taken from the others.
    if (isLimited && !deps.limits.visitors.take(deps.limits.addressOf(req), nowMs, workUnits(lengthOf(req))))
      return refuse(429, 'address');
    return admission.admit(nowMs) ? null : refuse(503, 'clicks_per_second');
  };
}

function lengthOf({ url = '' }: IncomingMessage): number {
  return url.length;
}

/** A page that loads itself again, so that a visitor who waits gets through; a picture's place stays empty. */
export function sendHotRefusal(res: ServerResponse, { status }: HotRefusal): void {
  res.writeHead(status, {
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(RETRY_PAGE),
    'content-security-policy': "default-src 'none'",
    'content-type': 'text/html; charset=utf-8',
    'retry-after': String(RETRY_AFTER_SECONDS),
    'x-content-type-options': 'nosniff',
  });
  res.end(RETRY_PAGE);
}
