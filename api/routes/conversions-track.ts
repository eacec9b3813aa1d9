import { Router } from 'express';
import type { ApiDeps } from '../deps';
import { eventRequest } from '../inbound/event-request';
import { translateTrack } from '../inbound/track';

/** `POST /conversions/track`: any conversion, named by its type. */
export function conversionsTrackRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.post('/conversions/track', eventRequest(deps, translateTrack));
  return router;
}
