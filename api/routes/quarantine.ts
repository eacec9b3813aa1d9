import { Router } from 'express';
import { listQuarantinedEvents } from '../../db/read-models/quarantined-events';
import { listUnmappedWords } from '../../db/read-models/unmapped-words';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { quarantinedEventJson, quarantineListQuery, unmappedWordsJson } from '../schemas/quarantine';

/** `GET /v1/quarantine`: what cannot be settled yet, and why. `GET /v1/quarantine/words`: whose words are unknown. */
export function quarantineRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get(
    '/v1/quarantine',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(quarantineListQuery, req);
      const { workspaceId } = principalOf(res);
      const { status, state, from, to, ...filter } = query;
      const events = await listQuarantinedEvents(
        deps.readDb,
        workspaceId,
        { ...filter, state: status ?? state ?? 'waiting', fromMs: from, toMs: to },
        toPageRequest(query),
      );
      res.json(pageAnswer('evt', events, quarantinedEventJson));
    }),
  );
  router.get(
    '/v1/quarantine/words',
    readRequest(deps, 'heavy', async (_req, res) => {
      res.json(unmappedWordsJson(await listUnmappedWords(deps.readDb, principalOf(res).workspaceId)));
    }),
  );
  return router;
}
