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
import { inTurn, readRequest } from '../middleware/read-request';
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
  // Progress is a report: also that of a goal just written is read as one, and never on the connections of set-up.
  const shown = async (workspaceId: WorkspaceId, goals: readonly Goal[]) => {
    const measured = await readGoalProgress(deps.readDb, workspaceId, goals, deps.clock.nowMs());
    return measured.map(({ goal, progress }) => goalJson(goal, progress));
  };

  router.post('/v1/goals', maySetUp, jsonBody, async (req, res) => {
    const body = parseBody(createGoalBody, req);
    requireDays(body, MAX_GOAL_DAYS);
    await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const change = changeBy(deps, res);
    const goal = newGoal(change, body);
    const [json] = await inTurn(deps, res, 'heavy', () => shown(change.workspaceId, [goal]));
    const answer = await runOnce(deps, req, res, async (trx) => {
      await createGoal(trx, change, goal);
      return { status: 201, body: json, location: `/v1/goals/${goal.goalId}` };
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
      const page = { items: await shown(workspaceId, items), nextUuid };
      res.json(pageAnswer('gol', page, (goal) => goal));
    }),
  );

  router.get(
    '/v1/goals/:goalId',
    readRequest(deps, 'heavy', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const goal = await findGoal(deps.readDb, workspaceId, parsePathId('gol', req, 'goalId'));
      if (goal === null) throw notFound();
      const [json] = await shown(workspaceId, [goal]);
      res.json(json);
    }),
  );

  router.patch('/v1/goals/:goalId', maySetUp, jsonBody, async (req, res) => {
    const goalId = parsePathId('gol', req, 'goalId');
    const body = parseBody(changeGoalBody, req);
    if (body.timeZone !== undefined) await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const change = changeBy(deps, res);
    // The turn comes first: a change that nobody is told of would be worse than one that is not made.
    const [json] = await inTurn(deps, res, 'heavy', async () => {
      const goal = await deps.db.transaction((trx) => changeGoal(trx, change, goalId, body));
      return shown(change.workspaceId, [goal]);
    });
    res.json(json);
  });

  return router;
}

function newGoal({ nowMs }: Change, body: z.output<typeof createGoalBody>): Goal {
  return {
    ...goalTarget(body.metric, body.target),
    goalId: mintId('gol', nowMs),
    campaignId: body.campaignId ?? null,
    name: body.name,
    metric: body.metric,
    fromDay: body.from,
    toDay: body.to,
    timeZone: body.timeZone,
    createdAtMs: nowMs,
  };
}

async function createGoal(trx: Db, change: Change, goal: Goal): Promise<void> {
  await requireReferences(trx, change.workspaceId, { campaignId: goal.campaignId });
  await insertGoal(trx, change.workspaceId, goal);
  await change.record(trx, 'goal.created', goal.goalId, goalTermsJson(goal));
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
