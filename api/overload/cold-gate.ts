import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError, ERROR_CODES } from '../../domain/errors';
import type { AppDeps } from '../deps';
import { visitorRefusal } from '../limits/refuse';
import { problemDocument, RETRY_AFTER_SECONDS } from '../middleware/problem';
import { newRequestId } from '../middleware/request-id';
import { createStrangers } from './strangers';

/**
 * Requests that one process works on at once. Each waits for at most one connection at a time, so this also bounds
 * the queue before the pool: at 5 ms a statement, the last of them gets its turn well within the time it may wait.
 */
const IN_FLIGHT_MAX = 500;

/** Answered however busy the process is: a probe that fails would take away one more process. */
const ALWAYS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Before the app, without routes and log lines: answers 503 at once when the process has more to do than it can, and 429
 * to strangers whose address has had its share.
 */
export function coldGate(deps: AppDeps, app: RequestListener, inFlightMax = IN_FLIGHT_MAX): RequestListener {
  const strangers = createStrangers(deps);
  let inFlight = 0;
  return (req, res) => {
    const [path = ''] = (req.url ?? '').split('?', 1);
    if (ALWAYS.has(path)) {
      app(req, res);
      return;
    }
    const reason = deps.isLate() ? 'event_loop' : inFlight >= inFlightMax ? 'in_flight' : null;
    if (reason !== null) {
      deps.metrics.refusals.inc({ reason });
      refuse(req, res, new AppError('overloaded', 'This process has more to do than it can; try again.'));
      return;
    }
    if (!strangers.admit(req, res)) {
      refuse(req, res, visitorRefusal(deps, res));
      return;
    }
    inFlight += 1;
    deps.metrics.inFlight.set(inFlight);
    res.once('close', () => {
      inFlight -= 1;
      deps.metrics.inFlight.set(inFlight);
    });
    app(req, res);
  };
}

function refuse(req: IncomingMessage, res: ServerResponse, refusal: AppError): void {
  const requestId = newRequestId(req.headers['x-request-id']);
  const body = JSON.stringify(problemDocument(refusal, requestId));
  // The body is not read any more, so the connection cannot be used again.
  if (req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined)
    res.setHeader('connection', 'close');
  res.writeHead(ERROR_CODES[refusal.code].http, {
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/problem+json; charset=utf-8',
    'retry-after': String(refusal.retryAfterSeconds ?? RETRY_AFTER_SECONDS),
    'x-request-id': requestId,
  });
  res.end(body);
}
