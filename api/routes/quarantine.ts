import { Router } from 'express';
import { listQuarantinedEvents } from '../../db/read-models/quarantined-events';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { quarantinedEventJson, quarantineListQuery } from '../schemas/quarantine';

/** `GET /v1/quarantine`: accepted events that match no click or player yet. */
export function quarantineRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/quarantine', requireScope(deps, 'read'), async (req, res) => {
    const query = parseQuery(quarantineListQuery, req);
    const { workspaceId } = principalOf(res);
    const events = await listQuarantinedEvents(deps.db, workspaceId, query.state, toPageRequest(query));
    res.json(pageAnswer('evt', events, quarantinedEventJson));
  });
  return router;
}
