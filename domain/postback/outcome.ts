import { parseRetryAfter } from './retry-after';

/** Why no usable response arrived. Clients report in these words, so one vocabulary runs from socket to API. */
export const NETWORK_FAILURES = [
  'timeout',
  'refused',
  'dns',
  'tls',
  'reset',
  'blocked_address',
  'too_large',
  'protocol',
] as const;

export type NetworkFailure = (typeof NETWORK_FAILURES)[number];

/** What one attempt brought back: a status, whatever the body was, or a failure to get one. */
export type DestinationAnswer =
  | { kind: 'response'; status: number; retryAfter: string | null }
  | { kind: 'failed'; reason: NetworkFailure };

/** Reason codes of an attempt that did not deliver: the network failures and what a status can mean. */
export const OUTCOME_REASONS = [
  ...NETWORK_FAILURES,
  'redirect',
  'unauthorized',
  'not_found',
  'client_error',
  'gone',
  'request_timeout',
  'too_early',
  'rate_limited',
  'server_error',
  'unexpected_status',
] as const;

export type OutcomeReason = (typeof OUTCOME_REASONS)[number];

export type DeliveryOutcome =
  | { kind: 'delivered' }
  | { kind: 'retry'; reason: OutcomeReason; retryAfterMs?: number }
  | { kind: 'refused'; reason: OutcomeReason }
  | { kind: 'disable'; reason: OutcomeReason };

/**
 * What an answer means for the postback. Only the status counts: trackers answer 200 with HTML, an empty body or
 * nonsense, and a partner who took the conversion must not get it again.
 *
 * | answer | outcome |
 * |---|---|
 * | 2xx | delivered |
 * | 3xx | refused: never followed, and the same URL would redirect again |
 * | 408, 425, 429, 5xx, anything outside 2xx–5xx | retry, with the destination's Retry-After |
 * | 410 | disable: the receiver asks never to be called again |
 * | other 4xx | refused: waits in the dead letters for a replay, once someone has mended the destination |
 * | blocked address | refused: the URL leads into a private network |
 * | every other network failure | retry |
 */
export function classifyResponse(answer: DestinationAnswer, nowMs: number): DeliveryOutcome {
  if (answer.kind === 'failed') {
    const kind = answer.reason === 'blocked_address' ? 'refused' : 'retry';
    return { kind, reason: answer.reason };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status >= 300 && status < 400) return { kind: 'refused', reason: 'redirect' };
  if (status === 410) return { kind: 'disable', reason: 'gone' };
  const retryReason = retryReasonOf(status);
  if (retryReason === null) return { kind: 'refused', reason: refusalReasonOf(status) };
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs);
  return { kind: 'retry', reason: retryReason, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

function retryReasonOf(status: number): OutcomeReason | null {
  if (status === 408) return 'request_timeout';
  if (status === 425) return 'too_early';
  if (status === 429) return 'rate_limited';
  if (status >= 500 && status < 600) return 'server_error';
  return status >= 400 && status < 500 ? null : 'unexpected_status';
}

function refusalReasonOf(status: number): OutcomeReason {
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 404 ? 'not_found' : 'client_error';
}
