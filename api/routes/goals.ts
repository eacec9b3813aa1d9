import { Router } from 'express';
import type { z } from 'zod';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { readGoalProgress } from '../../db/read-models/goal-progress';
import { findGoal, type Goal, insertGoal, listGoals, updateGoal } from '../../db/stores/goal-store';
import type { GoalId, WorkspaceId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { requireDays } from '../schemas/calendar';
import {
  changeGoalBody,
  createGoalBody,
  goalJson,
  goalListQuery,
  goalTarget,
  goalTermsJson,
} from '../schemas/goals';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { type Change, changeBy } from './change';
import { requireReferences } from './references';
import { requireTimeZone } from './time-zone';

const MAX_GOAL_DAYS = 366;

/** Goals, each with how far it is as of now. */
export function goalRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');
  const shown = async (db: Db, workspaceId: WorkspaceId, goal: Goal) =>
    goalJson(goal, await readGoalProgress(db, workspaceId, goal, deps.clock.nowMs()));

  router.post('/v1/goals', maySetUp, jsonBody, async (req, res) => {
    const body = parseBody(createGoalBody, req);
    requireDays(body, MAX_GOAL_DAYS);
    await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const goal = await createGoal(trx, change, body);
      const location = `/v1/goals/${goal.goalId}`;
      return { status: 201, body: await shown(trx, change.workspaceId, goal), location };
    });
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/goals',
    readRequest(deps, 'heavy', async (req, res) => {
      const query = parseQuery(goalListQuery, req);
      const { workspaceId } = principalOf(res);
      const filter = { campaignId: query.campaignId };
      const { items, nextUuid } = await listGoals(deps.readDb, workspaceId, filter, toPageRequest(query));
      const data: object[] = [];
      // One after the other: a list must not take every connection there is.
      for (const goal of items) data.push(await shown(deps.readDb, workspaceId, goal));
      res.json(pageAnswer('gol', { items: data, nextUuid }, (goal) => goal));
    }),
  );

  router.get(
    '/v1/goals/:goalId',
    readRequest(deps, 'heavy', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const goal = await findGoal(deps.readDb, workspaceId, parsePathId('gol', req, 'goalId'));
      if (goal === null) throw notFound();
      res.json(await shown(deps.readDb, workspaceId, goal));
    }),
  );

  router.patch('/v1/goals/:goalId', maySetUp, jsonBody, async (req, res) => {
    const goalId = parsePathId('gol', req, 'goalId');
    const body = parseBody(changeGoalBody, req);
    if (body.timeZone !== undefined) await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const change = changeBy(deps, res);
    const changed = await deps.db.transaction(async (trx) => {
      const goal = await changeGoal(trx, change, goalId, body);
      return shown(trx, change.workspaceId, goal);
    });
    res.json(changed);
  });

  return router;
}

async function createGoal(trx: Db, change: Change, body: z.output<typeof createGoalBody>): Promise<Goal> {
  const { workspaceId, nowMs } = change;
  const terms = goalTarget(body.metric, body.target);
  await requireReferences(trx, workspaceId, { campaignId: body.campaignId });
  const goal: Goal = {
    ...terms,
    goalId: mintId('gol', nowMs),
    campaignId: body.campaignId ?? null,
    name: body.name,
    metric: body.metric,
    fromDay: body.from,
    toDay: body.to,
    timeZone: body.timeZone,
    createdAtMs: nowMs,
  };
  await insertGoal(trx, workspaceId, goal);
  await change.record(trx, 'goal.created', goal.goalId, goalTermsJson(goal));
  return goal;
}

async function changeGoal(
  trx: Db,
  change: Change,
  goalId: GoalId,
  body: z.output<typeof changeGoalBody>,
): Promise<Goal> {
  const known = await findGoal(trx, change.workspaceId, goalId, { forUpdate: true });
  if (known === null) throw notFound();
  const next: Goal = {
    ...known,
    ...(body.target !== undefined && goalTarget(known.metric, body.target)),
    name: body.name ?? known.name,
    fromDay: body.from ?? known.fromDay,
    toDay: body.to ?? known.toDay,
    timeZone: body.timeZone ?? known.timeZone,
  };
  requireDays({ from: next.fromDay, to: next.toDay }, MAX_GOAL_DAYS);
  await updateGoal(trx, change.workspaceId, next);
  await change.record(trx, 'goal.changed', goalId, goalTermsJson(next));
  return next;
}
