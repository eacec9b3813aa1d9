import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import type { ApiDeps } from '../deps';
import { localsOf } from './locals';
import { routePattern } from './measure-duration';
import { requestIdOf } from './request-id';

type Asked = IncomingMessage & { route?: unknown; path?: string };

const MAX_LOGGED_PATH = 200;

/**
 * One line per answered request: id, method, route, status, time. Never headers, bodies or the query, which carry
 * keys, click ids and whatever a stranger wrote. Probes and scrapes are logged at debug.
 */
export function requestLog(deps: ApiDeps): RequestHandler {
  return pinoHttp<Asked>({
    logger: deps.logger,
    genReqId: (_req, res) => requestIdOf(res as Response),
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    customLogLevel: (req, res, error) => levelOf(req, res, error),
    customSuccessObject: (req, res, value: { responseTime?: number }) => line(req, res, value.responseTime),
    customErrorObject: (req, res, _error, value: { responseTime?: number }) =>
      line(req, res, value.responseTime),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
}

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

function levelOf(req: Asked, res: ServerResponse, error?: Error): 'error' | 'warn' | 'info' | 'debug' {
  if (PROBES.has(req.path ?? '')) return 'debug';
  if (res.statusCode === 503) return 'warn';
  return error !== undefined || res.statusCode >= 500 ? 'error' : 'info';
}

/** The callbacks of measurement partners carry their source's key in the path. */
function withoutKey(path: string): string {
  return path.replace(/^(\/+webhooks\/+(?:appsflyer|adjust)\/+).+$/i, '$1[key]');
}

function line(req: Asked, res: ServerResponse, durationMs: number | undefined): object {
  const locals = localsOf(res as Response);
  return {
    method: req.method,
    route: routePattern(req.route),
    path: withoutKey(req.path ?? '').slice(0, MAX_LOGGED_PATH),
    status: res.statusCode,
    code: locals.errorCode,
    actor: locals.principal?.actor,
    durationMs,
  };
}
