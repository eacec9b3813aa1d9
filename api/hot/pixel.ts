import type { IncomingMessage } from 'node:http';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { takeEvent } from '../inbound/event-request';
import { type Parameters, pairsToParameters } from '../inbound/parameters';
import { asPublic, clickOfVisitor, publicOrigin } from '../inbound/public-report';
import { namesClick, translateS2s } from '../inbound/s2s';
import { ANSWER_WITHIN_MS } from '../inbound/sender';
import { toAppError } from '../middleware/problem';
import { rawQueryOf } from './browser-request';
import { sendPixel } from './gif';
import type { HotRoute } from './hot-listener';

/**
 * `GET /px/{event}.gif`: a conversion as a picture on a page. Always public: it takes the parameters of `/postback`,
 * installs, leads, registrations and sales only. Without a click id the visitor's latest click stands in.
 */
export function pixelRoute(deps: ApiDeps): HotRoute {
  return {
    pattern: '/px/:event.gif',
    path: /^\/px\/([^/?#]+)\.gif\/?(?:[?#]|$)/,
    answer: async (req, res, event) => {
      if (req.method === 'HEAD') {
        sendPixel(res);
        return;
      }
      try {
        await withDeadline(report(deps, req, event), ANSWER_WITHIN_MS);
      } catch (error) {
        const refusal = toAppError(error);
        const isOurs = refusal.code === 'unavailable' || refusal.code === 'internal';
        deps.metrics.events.inc({
          outcome: isOurs ? 'unavailable' : refusal.code === 'event_conflict' ? 'conflict' : 'refused',
        });
        const level = refusal.code === 'internal' ? 'error' : isOurs ? 'warn' : 'debug';
        const requestId = res.getHeader('x-request-id');
        deps.logger[level]({ err: error, requestId }, 'pixel not recorded');
        sendPixel(res, isOurs ? 'unavailable' : 'answered');
        return;
      }
      sendPixel(res);
    },
  };
}

async function report(deps: ApiDeps, req: IncomingMessage, event: string): Promise<void> {
  const parameters = parametersOf(req, event);
  const clickId = namesClick(parameters) ? null : await clickOfVisitor(deps, req);
  const fact = asPublic(translateS2s(clickId === null ? parameters : { ...parameters, click_id: clickId }));
  const { origin } = await publicOrigin(deps, fact.clickRef, null);
  await takeEvent(deps, { ...fact, ...origin }, ANSWER_WITHIN_MS);
}

/** What the page says; the name of the event comes from the path, and a key has no place in a page. */
function parametersOf(req: IncomingMessage, event: string): Parameters {
  const { key: _key, status: _status, ...parameters } = pairsToParameters(rawQueryOf(req));
  return { ...parameters, event };
}
