import { Router } from 'express';
import { readAttributionReport } from '../../db/read-models/attribution-report';
import { listContests } from '../../db/read-models/contests';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { parseQuery } from '../middleware/validate';
import { attributionReportJson, attributionReportQuery } from '../schemas/attribution-report';
import { contestCursor, contestJson, contestListQuery } from '../schemas/contests';

/** Who is credited with what, and who came between whom and a player. */
export function attributionReportRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/reports/attribution',
    readRequest(deps, 'heavy', async (req, res) => {
      const { from: fromMs, to: toMs, groupBy } = parseQuery(attributionReportQuery, req);
      const { workspaceId } = principalOf(res);
      const report = await readAttributionReport(deps.readDb, workspaceId, { fromMs, toMs }, groupBy);
      res.json(attributionReportJson(report));
    }),
  );

  router.get(
    '/v1/contests',
    readRequest(deps, 'light', async (req, res) => {
      const { limit, cursor, refused: isRefused, ...partners } = parseQuery(contestListQuery, req);
      const page = { limit, after: cursor ?? null };
      const { workspaceId } = principalOf(res);
      const { items, next } = await listContests(deps.readDb, workspaceId, { ...partners, isRefused }, page);
      res.json({ data: items.map(contestJson), nextCursor: next === null ? null : contestCursor(next) });
    }),
  );

  return router;
}
