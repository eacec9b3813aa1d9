import { Router } from 'express';
import type { z } from 'zod';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  findScenario,
  insertScenario,
  listScenarios,
  type Scenario,
  updateScenario,
} from '../../db/stores/scenario-store';
import type { ScenarioId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { type Answer, runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { requireDays } from '../schemas/calendar';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import {
  changeScenarioBody,
  createScenarioBody,
  scenarioJson,
  scenarioTemplatesJson,
} from '../schemas/scenarios';
import { type Change, changeBy } from './change';
import { requireTimeZone } from './time-zone';

/** Scenarios: named spans of days whose tag every conversion in them shows, also those that came before. */
export function scenarioRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/scenarios', maySetUp, jsonBody, async (req, res) => {
    const body = parseBody(createScenarioBody, req);
    requireDays(body);
    await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const answer = await runOnce(deps, req, res, (trx) => createScenario(trx, changeBy(deps, res), body));
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/scenarios',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('scn'), req));
      const scenarios = await listScenarios(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('scn', scenarios, scenarioJson));
    }),
  );

  router.get(
    '/v1/scenario-templates',
    readRequest(deps, 'light', (_req, res) => {
      res.json(scenarioTemplatesJson());
    }),
  );

  router.get(
    '/v1/scenarios/:scenarioId',
    readRequest(deps, 'light', async (req, res) => {
      const scenarioId = parsePathId('scn', req, 'scenarioId');
      const scenario = await findScenario(deps.readDb, principalOf(res).workspaceId, scenarioId);
      if (scenario === null) throw notFound();
      res.json(scenarioJson(scenario));
    }),
  );

  router.patch('/v1/scenarios/:scenarioId', maySetUp, jsonBody, async (req, res) => {
    const scenarioId = parsePathId('scn', req, 'scenarioId');
    const body = parseBody(changeScenarioBody, req);
    if (body.timeZone !== undefined) await requireTimeZone(deps.db, 'timeZone', body.timeZone);
    const change = changeBy(deps, res);
    const changed = await deps.db.transaction((trx) => changeScenario(trx, change, scenarioId, body));
    res.json(scenarioJson(changed));
  });

  return router;
}

async function createScenario(
  trx: Db,
  change: Change,
  body: z.output<typeof createScenarioBody>,
): Promise<Answer> {
  const { name, kind, tag, timeZone } = body;
  const scenario: Scenario = {
    ...{ name, kind, tag, timeZone },
    scenarioId: mintId('scn', change.nowMs),
    fromDay: body.from,
    toDay: body.to,
    weekdays: body.recurrence ?? null,
    createdAtMs: change.nowMs,
  };
  await insertScenario(trx, change.workspaceId, scenario);
  await change.record(trx, 'scenario.created', scenario.scenarioId, scenarioJson(scenario));
  return { status: 201, body: scenarioJson(scenario), location: `/v1/scenarios/${scenario.scenarioId}` };
}

async function changeScenario(
  trx: Db,
  change: Change,
  scenarioId: ScenarioId,
  body: z.output<typeof changeScenarioBody>,
): Promise<Scenario> {
  const known = await findScenario(trx, change.workspaceId, scenarioId, { forUpdate: true });
  if (known === null) throw notFound();
  const next: Scenario = {
    ...known,
    name: body.name ?? known.name,
    kind: body.kind ?? known.kind,
    tag: body.tag ?? known.tag,
    fromDay: body.from ?? known.fromDay,
    toDay: body.to === undefined ? known.toDay : body.to,
    weekdays: body.recurrence === undefined ? known.weekdays : body.recurrence,
    timeZone: body.timeZone ?? known.timeZone,
  };
  requireDays({ from: next.fromDay, to: next.toDay });
  await updateScenario(trx, change.workspaceId, next);
  // The whole of it, because its tags change with it also for the past.
  const detail = { before: scenarioJson(known), after: scenarioJson(next) };
  await change.record(trx, 'scenario.changed', scenarioId, detail);
  return next;
}
