import { Router } from 'express';
import type { ApiDeps } from '../deps';
import { eventRequest } from '../inbound/event-request';
import { type GamingKind, translateGaming } from '../inbound/gaming';

const GAMING_KINDS: readonly GamingKind[] = [
  'registration',
  'deposit',
  'withdrawal',
  'ngr',
  'chargeback',
  'refund',
  'self_exclusion',
];

/** What a casino platform reports, under the long and the short form of each path. */
export function gamingWebhookRoutes(deps: ApiDeps): Router {
  const router = Router();
  for (const kind of GAMING_KINDS) {
    const handlers = eventRequest(deps, (body) => translateGaming(kind, body));
    const name = kind.replaceAll('_', '-');
    router.post(`/webhooks/gaming/${name}`, handlers);
    router.post(`/webhooks/${name}`, handlers);
  }
  return router;
}
