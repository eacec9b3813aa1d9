import { Router } from 'express';
import { matchByHand } from '../../db/stores/quarantine-match-store';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { jsonBody } from '../middleware/json-body';
import { requestIdOf } from '../middleware/request-id';
import { fieldProblem, notFound, parseBody, parsePathId } from '../middleware/validate';
import { matchBody } from '../schemas/quarantine-match';

/** `POST /v1/quarantine/{eventId}/match`: an operator says to which click a waiting event belongs. */
export function quarantineMatchRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.post(
    '/v1/quarantine/:eventId/match',
    requireScope(deps, 'setup:write'),
    jsonBody,
    async (req, res) => {
      const { workspaceId, actor } = principalOf(res);
      const eventId = parsePathId('evt', req, 'eventId');
      const { clickId } = parseBody(matchBody, req);
      const cause = requestIdOf(res);
      const nowMs = deps.clock.nowMs();
      const match = await matchByHand(deps.db, { workspaceId, eventId, clickId, actor, cause, nowMs });
      switch (match.outcome) {
        case 'matched':
          res.json({ id: eventId, clickId, released: match.released });
          return;
        case 'not_found':
          throw notFound();
        case 'unknown_click':
          throw fieldProblem('clickId', 'names no click of this workspace');
        case 'already_released':
          throw new AppError('event_conflict', 'The event has left quarantine already.');
      }
    },
  );
  return router;
}
