import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import { ID_PREFIXES, type IdPrefix, parseId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { localsOf } from './locals';
import { routePattern } from './measure-duration';
import { requestIdOf } from './request-id';

type Asked = IncomingMessage & { route?: unknown; path?: string };

const MAX_LOGGED_PATH = 200;
const MAX_READ_PATH = 1_024;
const PREFIXES = Object.keys(ID_PREFIXES) as IdPrefix[];

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

/** A word of a path of ours. */
const WORD = /^[a-z-]+$/;
/** No word and no id: shorter than any key. */
const SHORTEST_HIDDEN = 16;

/**
 * A path without what could be a key. The callbacks of measurement partners carry their source's key in it, and whoever
 * mistypes such a path, or cuts the key, must not find it in the log: of what is long only words and ids are shown.
 */
export function shownPath(path: string): string {
  return path
    .slice(0, MAX_READ_PATH)
    .replace(/^(\/+webhooks\/+(?:appsflyer|adjust)\/+).+$/i, '$1[key]')
    .split('/')
    .map((part) => (part.length < SHORTEST_HIDDEN || WORD.test(part) || isId(part) ? part : '[hidden]'))
    .join('/')
    .slice(0, MAX_LOGGED_PATH);
}

function isId(text: string): boolean {
  return PREFIXES.some((prefix) => parseId(prefix, text) !== null);
}

function line(req: Asked, res: ServerResponse, durationMs: number | undefined): object {
  const locals = localsOf(res as Response);
  return {
    method: req.method,
    route: routePattern(req.route),
    path: shownPath(req.path ?? ''),
    status: res.statusCode,
    code: locals.errorCode,
    actor: locals.principal?.actor,
    durationMs,
  };
}
