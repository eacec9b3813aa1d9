import { isDeepStrictEqual } from 'node:util';
import { type Request, type Response, Router } from 'express';
import { listConversionRulings } from '../../db/read-models/conversion-rulings';
import { readCreditedConversion } from '../../db/read-models/credited-conversions';
import { listWaitingReviews } from '../../db/read-models/waiting-reviews';
import {
  lockReviewPolicy,
  type ReviewPolicy,
  readReviewPolicy,
  saveReviewPolicy,
} from '../../db/stores/review-store';
import { acceptRuling } from '../../db/stores/ruling-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import {
  acceptedJson,
  decisionBody,
  reviewJson,
  reviewListQuery,
  reviewPolicyJson,
  reviewPolicySchema,
  rulingJson,
  rulingListQuery,
} from '../schemas/reviews';
import { changeBy } from './change';

/** The review desk: what waits for a person, the person's decisions, and what is decided without one. */
export function reviewRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/reviews',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(reviewListQuery, req);
      const { workspaceId } = principalOf(res);
      const policy = await readReviewPolicy(deps.readDb, workspaceId);
      const filter = { ...query, policy, nowMs: deps.clock.nowMs() };
      const reviews = await listWaitingReviews(deps.readDb, workspaceId, filter, toPageRequest(query));
      res.json(pageAnswer('cnv', reviews, reviewJson));
    }),
  );

  router.post(
    '/v1/conversions/:conversionId/decision',
    requireScope(deps, 'reviews:write'),
    jsonBody,
    async (req, res) => {
      const conversionId = parsePathId('cnv', req, 'conversionId');
      const body = parseBody(decisionBody, req);
      const answer = await runOnce(deps, req, res, async (trx) => {
        const { workspaceId, actor } = principalOf(res);
        const ruling = { ...body, workspaceId, conversionId, actor };
        const { rulingId, revision } = await acceptRuling(trx, ruling, deps.clock.nowMs());
        const { decision } = body;
        return {
          status: 202,
          body: acceptedJson({ rulingId, conversionId, decision, revision, settled: false }),
          location: `/v1/conversions/${conversionId}`,
        };
      });
      sendAnswer(res, answer);
    },
  );

  router.get(
    '/v1/conversions/:conversionId/rulings',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(rulingListQuery, req);
      const { workspaceId } = principalOf(res);
      const conversionId = parsePathId('cnv', req, 'conversionId');
      if ((await readCreditedConversion(deps.readDb, workspaceId, conversionId)) === null) throw notFound();
      const rulings = await listConversionRulings(
        deps.readDb,
        workspaceId,
        conversionId,
        toPageRequest(query),
      );
      res.json(pageAnswer('evt', rulings, rulingJson));
    }),
  );

  router.get(
    '/v1/review-policy',
    readRequest(deps, 'light', async (_req, res) => {
      res.json(reviewPolicyJson(await readReviewPolicy(deps.readDb, principalOf(res).workspaceId)));
    }),
  );

  router.put('/v1/review-policy', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    res.json(reviewPolicyJson(await changePolicy(deps, req, res)));
  });

  return router;
}

async function changePolicy(deps: ApiDeps, req: Request, res: Response): Promise<ReviewPolicy> {
  const policy = parseBody(reviewPolicySchema, req);
  const change = changeBy(deps, res);
  const { workspaceId } = change;
  return deps.db.transaction(async (trx) => {
    await lockReviewPolicy(trx, workspaceId);
    const before = await readReviewPolicy(trx, workspaceId);
    // A repeated request finds its wish fulfilled.
    if (isDeepStrictEqual(before, policy)) return before;
    await saveReviewPolicy(trx, workspaceId, policy);
    await change.record(trx, 'review_policy.changed', workspaceId, { before, after: policy });
    return policy;
  });
}
