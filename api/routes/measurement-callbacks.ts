import { type Request, type Response, Router } from 'express';
import type { ApiDeps } from '../deps';
import { translateAdjust } from '../inbound/adjust';
import { translateAppsflyer } from '../inbound/appsflyer';
import { countRefusal, takeEvent } from '../inbound/event-request';
import type { IncomingEvent } from '../inbound/incoming-event';
import type { Ignored } from '../inbound/measurement';
import { type Parameters, queryParameters } from '../inbound/parameters';
import { identifySender, readReportBytes, senderOf, verifySender } from '../inbound/sender';
import { logRefusal } from '../middleware/log-refusal';
import { bodyParameters, parseParametersBody } from '../middleware/parameters-body';

const PARTNERS = { appsflyer: translateAppsflyer, adjust: translateAdjust };

/**
 * `GET|POST /webhooks/appsflyer/{sourceKey}` and `/webhooks/adjust/{sourceKey}`: installs and in-app events. Neither
 * partner signs; the key of a source in the path says whose they are.
 */
export function measurementCallbackRoutes(deps: ApiDeps): Router {
  const router = Router();
  for (const [partner, translate] of Object.entries(PARTNERS)) {
    const path = `/webhooks/${partner}/:sourceKey`;
    const handlers = [
      logRefusal(deps),
      countRefusal(deps),
      identifySender(deps, { keyOf: (req) => String(req.params.sourceKey), unsigned: true }),
      readReportBytes,
      verifySender(deps),
      async (req: Request, res: Response) => {
        parseParametersBody(req);
        const parameters = { ...queryParameters(req), ...bodyParameters(req) };
        // For the log of a refusal, which shows a body.
        req.body = parameters;
        await answer(deps, res, parameters, translate(parameters));
      },
    ];
    router.head(path, (_req, res) => {
      res.status(405).setHeader('allow', 'GET, POST').end();
    });
    router.get(path, handlers);
    router.post(path, handlers);
  }
  return router;
}

async function answer(
  deps: ApiDeps,
  res: Response,
  parameters: Parameters,
  event: IncomingEvent | Ignored,
): Promise<void> {
  const { origin, trust, budgetMs } = senderOf(res);
  if ('ignored' in event) {
    deps.metrics.events.inc({ outcome: 'ignored' });
    deps.logger.debug({ reason: event.ignored, parameters: Object.keys(parameters) }, 'callback ignored');
    res.json({ status: 'ignored', reason: event.ignored });
    return;
  }
  res.json(await takeEvent(deps, { ...event, ...origin, trust }, budgetMs));
}
