import type { RequestHandler } from 'express';
import type { ApiDeps } from '../deps';

/** Measures each answer under its route's pattern; a raw path would make a time series per id. */
export function measureDuration(deps: ApiDeps): RequestHandler {
  return (req, res, next) => {
    const stop = deps.metrics.httpDuration.startTimer();
    res.once('finish', () => {
      stop({ method: req.method, route: routePattern(req.route), status: String(res.statusCode) });
    });
    next();
  };
}

/** The pattern of a matched Express route, e.g. `/v1/offers/:offerId`; `unmatched` when there is none. */
export function routePattern(route: unknown): string {
  const path = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'unmatched';
}
