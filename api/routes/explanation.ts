import { type Request, Router } from 'express';
import { explainConversion } from '../../db/read-models/explain-conversion';
import type { ApiDeps } from '../deps';
import { explanationText } from '../explain-text';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { notFound, parsePathId, parseQuery } from '../middleware/validate';
import { explanationJson, explanationQuery } from '../schemas/explanation';

/** Why a conversion is what it is, for programs and for people. */
export function explanationRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/conversions/:conversionId/explain',
    readRequest(deps, 'heavy', async (req, res) => {
      const conversionId = parsePathId('cnv', req, 'conversionId');
      const { format = formatAccepted(req) } = parseQuery(explanationQuery, req);
      const explanation = await explainConversion(deps.readDb, principalOf(res).workspaceId, conversionId);
      if (explanation === null) throw notFound();
      res.vary('accept');
      if (format === 'text') res.type('text/plain').send(explanationText(explanation));
      else res.json(explanationJson(explanation));
    }),
  );

  return router;
}

/** JSON unless text is asked for. */
function formatAccepted(req: Request): 'json' | 'text' {
  return req.accepts(['application/json', 'text/plain']) === 'text/plain' ? 'text' : 'json';
}
