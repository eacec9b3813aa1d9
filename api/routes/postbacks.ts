import { Router } from 'express';
import { listPostbackDeliveries, readPostbackDelivery } from '../../db/read-models/postback-deliveries';
import { replayPostback } from '../../db/stores/postback-replay-store';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { notFound, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { postbackJson, postbackListQuery } from '../schemas/postbacks';
import { changeBy } from './change';

/** Postbacks with their attempts, and the replay of dead ones. */
export function postbackRoutes(deps: ApiDeps): Router {
  const router = Router();
  const mayRead = requireScope(deps, 'read');

  router.get('/v1/postbacks', mayRead, async (req, res) => {
    const query = parseQuery(postbackListQuery, req);
    const { workspaceId } = principalOf(res);
    const postbacks = await listPostbackDeliveries(deps.db, workspaceId, query, toPageRequest(query));
    res.json(pageAnswer('pbk', postbacks, postbackJson));
  });

  router.get('/v1/postbacks/:postbackId', mayRead, async (req, res) => {
    const { workspaceId } = principalOf(res);
    const postbackId = parsePathId('pbk', req, 'postbackId');
    const postback = await readPostbackDelivery(deps.db, workspaceId, postbackId);
    if (postback === null) throw notFound();
    res.json(postbackJson(postback));
  });

  router.post('/v1/postbacks/:postbackId/replay', requireScope(deps, 'setup:write'), async (req, res) => {
    const postbackId = parsePathId('pbk', req, 'postbackId');
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const outcome = await replayPostback(trx, change.workspaceId, postbackId, change.nowMs);
      switch (outcome.kind) {
        case 'unknown':
          throw notFound();
        case 'not_dead':
          throw new AppError('not_replayable', REFUSALS[outcome.status]);
        case 'self_excluded':
          throw new AppError('not_replayable', REFUSALS.selfExcluded);
        case 'replayed': {
          const { run } = outcome;
          await change.record(trx, 'postback.replayed', postbackId, { run });
          return { status: 202, body: { postbackId, run }, location: `/v1/postbacks/${postbackId}` };
        }
      }
    });
    sendAnswer(res, answer);
  });

  return router;
}

const REFUSALS = {
  pending: 'The postback is still being delivered; only a dead one can be replayed.',
  delivered: 'The postback was delivered; only a dead one can be replayed.',
  selfExcluded: 'The player is self-excluded; nothing is sent about him until the exclusion is over.',
} as const;
