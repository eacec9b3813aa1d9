import { Router } from 'express';
import type { ApiDeps } from '../deps';
import { eventRequest } from '../inbound/event-request';
import { translateGaming } from '../inbound/gaming';

/** What a casino platform reports, under the long and the short form of each path. */
export function gamingWebhookRoutes(deps: ApiDeps): Router {
  const router = Router();
  for (const kind of ['registration', 'deposit', 'chargeback'] as const) {
    const handlers = eventRequest(deps, (body) => translateGaming(kind, body));
    router.post(`/webhooks/gaming/${kind}`, handlers);
    router.post(`/webhooks/${kind}`, handlers);
  }
  return router;
}
