import { type Request, Router } from 'express';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import { takeEvent } from '../inbound/event-request';
import { type Parameters, queryParameters } from '../inbound/parameters';
import { asPublic, clickOfVisitor, publicOrigin } from '../inbound/public-report';
import { namesClick, translateS2s } from '../inbound/s2s';
import { ANSWER_WITHIN_MS } from '../inbound/sender';
import { toAppError } from '../middleware/problem';
import { requestIdOf } from '../middleware/request-id';
import { sendPixel } from './gif';

/**
 * `GET /px/{event}.gif`: a conversion as a picture on a page. Always public: it takes the parameters of `/postback`,
 * installs, leads, registrations and sales only. Without a click id the visitor's latest click stands in.
 */
export function pixelRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/px/:event.gif', async (req, res) => {
    if (req.method === 'HEAD') {
      sendPixel(res);
      return;
    }
    try {
      await withDeadline(report(deps, req), ANSWER_WITHIN_MS);
    } catch (error) {
      const refusal = toAppError(error);
      const isOurs = refusal.code === 'unavailable' || refusal.code === 'internal';
      deps.metrics.events.inc({
        outcome: isOurs ? 'unavailable' : refusal.code === 'event_conflict' ? 'conflict' : 'refused',
      });
      const level = refusal.code === 'internal' ? 'error' : isOurs ? 'warn' : 'debug';
      deps.logger[level]({ err: error, requestId: requestIdOf(res) }, 'pixel not recorded');
      sendPixel(res, isOurs ? 'unavailable' : 'answered');
      return;
    }
    sendPixel(res);
  });
  return router;
}

async function report(deps: ApiDeps, req: Request): Promise<void> {
  const parameters = parametersOf(req);
  const clickId = namesClick(parameters) ? null : await clickOfVisitor(deps, req);
  const event = asPublic(translateS2s(clickId === null ? parameters : { ...parameters, click_id: clickId }));
  const { origin } = await publicOrigin(deps, event.clickRef, null);
  await takeEvent(deps, { ...event, ...origin }, ANSWER_WITHIN_MS);
}

/** What the page says; the name of the event comes from the path, and a key has no place in a page. */
function parametersOf(req: Request): Parameters {
  const { key: _key, status: _status, ...parameters } = queryParameters(req);
  return { ...parameters, event: String(req.params.event) };
}
