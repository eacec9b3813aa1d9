import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ApiDeps } from '../deps';
import { newRequestId } from '../middleware/request-id';
import { hotGate, sendHotRefusal } from './hot-gate';

/** A path that browsers take by the thousand, answered without the routes, logs and headers of everything else. */
export type HotRoute = {
  /** As metrics name it. */
  readonly pattern: string;
  /** Matches the path of its requests; its one group is the name in it. */
  readonly path: RegExp;
  /** Answers by itself whatever goes wrong on the way; what it throws is a bug. */
  answer(req: IncomingMessage, res: ServerResponse, name: string): Promise<void>;
};

/** Answers GET and HEAD of hot paths on the bare server, as far as the limits let them in, and leaves every other request to the app. */
export function hotListener(
  deps: ApiDeps,
  routes: readonly HotRoute[],
  app: RequestListener,
): RequestListener {
  const gate = hotGate(deps);
  return (req, res) => {
    const found = isRead(req) ? find(routes, req.url ?? '') : null;
    if (found === null) {
      app(req, res);
      return;
    }
    const { route, name } = found;
    const requestId = newRequestId(req.headers['x-request-id']);
    res.setHeader('x-request-id', requestId);
    const stop = deps.metrics.httpDuration.startTimer();
    res.once('finish', () => {
      stop({ method: req.method ?? '', route: route.pattern, status: String(res.statusCode) });
    });
    const refusal = gate(req);
    if (refusal !== null) {
      sendHotRefusal(res, refusal);
      return;
    }
    route.answer(req, res, name).catch((error: unknown) => {
      deps.logger.error({ err: error, requestId, route: route.pattern }, 'hot request failed');
      if (!res.headersSent) res.writeHead(500);
      res.end();
    });
  };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function find(routes: readonly HotRoute[], url: string): { route: HotRoute; name: string } | null {
  for (const route of routes) {
    const name = route.path.exec(url)?.[1];
    if (name !== undefined) return { route, name: decoded(name) };
  }
  return null;
}

/** What cannot be decoded is no name of ours. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}
