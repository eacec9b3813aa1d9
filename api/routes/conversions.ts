import { Router } from 'express';
import { listCreditedConversions, readCreditedConversion } from '../../db/read-models/credited-conversions';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { notFound, parsePathId, parseQuery } from '../middleware/validate';
import { conversionJson, conversionListQuery } from '../schemas/conversions';
import { pageAnswer, toPageRequest } from '../schemas/page';

/** Conversions: events credited to touches and valued. */
export function conversionRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/conversions',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(conversionListQuery, req);
      const { playerId: player, from: fromMs, to: toMs, ...same } = query;
      const filter = { ...same, player, fromMs, toMs };
      const { workspaceId } = principalOf(res);
      const conversions = await listCreditedConversions(
        deps.readDb,
        workspaceId,
        filter,
        toPageRequest(query),
      );
      res.json(pageAnswer('cnv', conversions, conversionJson));
    }),
  );

  router.get(
    '/v1/conversions/:conversionId',
    readRequest(deps, 'light', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const conversionId = parsePathId('cnv', req, 'conversionId');
      const conversion = await readCreditedConversion(deps.readDb, workspaceId, conversionId);
      if (conversion === null) throw notFound();
      res.json(conversionJson(conversion));
    }),
  );

  return router;
}
