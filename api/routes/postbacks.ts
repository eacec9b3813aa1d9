import { type Request, type Response, Router } from 'express';
import { summariseDeadLetters } from '../../db/read-models/dead-letter-summary';
import { listPostbackDeliveries, readPostbackDelivery } from '../../db/read-models/postback-deliveries';
import { replayDeadLetters } from '../../db/stores/dead-letter-replay-store';
import { replayPostback } from '../../db/stores/postback-replay-store';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { deadLettersJson, postbackJson, postbackListQuery, replayOfManyBody } from '../schemas/postbacks';
import { changeBy } from './change';

/** Postbacks with their attempts, and the replay of dead ones. */
export function postbackRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/postbacks',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(postbackListQuery, req);
      const { workspaceId } = principalOf(res);
      const postbacks = await listPostbackDeliveries(deps.readDb, workspaceId, query, toPageRequest(query));
      res.json(pageAnswer('pbk', postbacks, postbackJson));
    }),
  );

  router.get(
    '/v1/postbacks/dead-letters',
    readRequest(deps, 'heavy', async (_req, res) => {
      res.json(deadLettersJson(await summariseDeadLetters(deps.readDb, principalOf(res).workspaceId)));
    }),
  );

  router.post('/v1/postbacks/replay', requireScope(deps, 'setup:write'), jsonBody, (req, res) =>
    replayMany(deps, req, res),
  );

  router.get(
    '/v1/postbacks/:postbackId',
    readRequest(deps, 'light', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const postbackId = parsePathId('pbk', req, 'postbackId');
      const postback = await readPostbackDelivery(deps.readDb, workspaceId, postbackId);
      if (postback === null) throw notFound();
      res.json(postbackJson(postback));
    }),
  );

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
        case 'destination_disabled':
          throw new AppError('not_replayable', REFUSALS.disabled);
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

/** Replays matching dead letters; each is audited as if it had been replayed alone. */
async function replayMany(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const { limit, ...filter } = parseBody(replayOfManyBody, req);
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const { queued, skipped, remaining } = await replayDeadLetters(
      trx,
      change.workspaceId,
      filter,
      limit,
      change.nowMs,
    );
    await change.recordEach(
      trx,
      'postback.replayed',
      queued.map(({ postbackId, run }) => ({ subject: postbackId, detail: { run } })),
    );
    return { status: 202, body: { queued: queued.length, skipped, remaining } };
  });
  sendAnswer(res, answer);
}

const REFUSALS = {
  pending: 'The postback is still being delivered; only a dead one can be replayed.',
  delivered: 'The postback was delivered; only a dead one can be replayed.',
  disabled: 'The destination is disabled; enable it first.',
  selfExcluded: 'The player is self-excluded; nothing is sent about him until the exclusion is over.',
} as const;
