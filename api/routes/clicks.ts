import { Router } from 'express';
import { readClickDetail } from '../../db/read-models/click-detail';
import { listClickJourneys } from '../../db/read-models/click-journeys';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { notFound, parsePathId, parseQuery } from '../middleware/validate';
import { clickDetailJson, clickJson, clickListQuery } from '../schemas/clicks';
import { pageAnswer, toPageRequest } from '../schemas/page';

/** Clicks, how far their journeys have come, and what happened to each. */
export function clickRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/clicks',
    readRequest(deps, 'light', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const query = parseQuery(clickListQuery, req);
      const nowMs = deps.clock.nowMs();
      const clicks = await listClickJourneys(deps.readDb, workspaceId, query, toPageRequest(query), nowMs);
      res.json(pageAnswer('clk', clicks, (click) => clickJson(click, workspaceId, deps.config)));
    }),
  );

  router.get(
    '/v1/clicks/:clickId',
    readRequest(deps, 'light', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const clickId = parsePathId('clk', req, 'clickId');
      const detail = await readClickDetail(deps.readDb, workspaceId, clickId, deps.clock.nowMs());
      if (detail === null) throw notFound();
      res.json(clickDetailJson(detail, workspaceId, deps.config));
    }),
  );

  return router;
}
