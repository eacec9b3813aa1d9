import { Router } from 'express';
import { listAuditTrail } from '../../db/read-models/audit-trail';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { parseQuery } from '../middleware/validate';
import { auditListQuery, auditRecordJson } from '../schemas/audit';
import { pageAnswer, toPageRequest } from '../schemas/page';

/** `GET /v1/audit`: every recorded change, or those of one thing. */
export function auditRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get(
    '/v1/audit',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(auditListQuery, req);
      const page = toPageRequest(query);
      const trail = await listAuditTrail(deps.readDb, principalOf(res).workspaceId, query, page);
      res.json(pageAnswer('aud', trail, auditRecordJson));
    }),
  );
  return router;
}
