import { Router } from 'express';
import { listParkedRows, retryParkedRow } from '../../db/stores/parked-row-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { readRequest } from '../middleware/read-request';
import { notFound, parsePathId, parseQuery } from '../middleware/validate';
import { parkedListQuery, parkedRowJson } from '../schemas/outbox';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { changeBy } from './change';

/** What was given up on its way to Temporal, and another try for it. */
export function outboxRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/outbox/parked',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(parkedListQuery, req));
      const parked = await listParkedRows(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('obx', parked, parkedRowJson));
    }),
  );

  router.post('/v1/outbox/:outboxId/retry', requireScope(deps, 'setup:write'), async (req, res) => {
    const outboxId = parsePathId('obx', req, 'outboxId');
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const parked = await retryParkedRow(trx, change.workspaceId, outboxId, change.nowMs);
      if (parked === null) throw notFound();
      const { kind, subject, error, attempts } = parked;
      await change.record(trx, 'outbox.retried', subject, { outboxId, kind, attempts, error });
      return { status: 202, body: { outboxId, kind, subject } };
    });
    sendAnswer(res, answer);
  });

  return router;
}
