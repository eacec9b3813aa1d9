import { type Response, Router } from 'express';
import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type CostKey,
  type CostRevision,
  findCostByKey,
  insertCostRevision,
  listCostRevisions,
  listCosts,
  lockCosts,
} from '../../db/stores/cost-store';
import type { Money } from '../../domain/money';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { type Answer, runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { requireDays } from '../schemas/calendar';
import { costHistoryJson, costJson, costKeyOf, costListQuery, recordCostBody } from '../schemas/costs';
import { pageAnswer, toPageRequest } from '../schemas/page';
import { changeBy } from './change';
import { requireReferences } from './references';

const MAX_COST_DAYS = 366;

/** What campaigns cost. The same key restates: a new revision stands, the earlier ones stay readable. */
export function costRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.post('/v1/costs', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    const body = parseBody(recordCostBody, req);
    const key = costKeyOf(body);
    requireDays({ from: key.fromDay, to: key.toDay }, MAX_COST_DAYS);
    const given = { key, money: body.money, note: body.note ?? null };
    sendAnswer(res, await runOnce(deps, req, res, (trx) => recordCost(deps, res, trx, given)));
  });

  router.get(
    '/v1/costs',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(costListQuery, req);
      const filter = { campaignId: query.campaignId, fromDay: query.from, toDay: query.to };
      const { workspaceId } = principalOf(res);
      res.json(
        pageAnswer('cst', await listCosts(deps.readDb, workspaceId, filter, toPageRequest(query)), costJson),
      );
    }),
  );

  router.get(
    '/v1/costs/:costId',
    readRequest(deps, 'light', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const revisions = await listCostRevisions(deps.readDb, workspaceId, parsePathId('cst', req, 'costId'));
      if (revisions.items.length === 0) throw notFound();
      res.json(costHistoryJson(revisions));
    }),
  );

  return router;
}

async function recordCost(
  deps: ApiDeps,
  res: Response,
  trx: Db,
  { key, money, note }: { key: CostKey; money: Money; note: string | null },
): Promise<Answer> {
  const change = changeBy(deps, res);
  const { workspaceId, nowMs } = change;
  // Before the cost is looked for: two that restate it at once must not both find the same revision.
  if (!(await lockCosts(trx, workspaceId, key.campaignId)))
    throw fieldProblem('campaignId', 'names nothing in this workspace');
  await requireReferences(trx, workspaceId, { partnerId: key.partnerId });
  const known = await findCostByKey(trx, workspaceId, key);
  if (known !== null && saysTheSame(known, money, note)) return { status: 200, body: costJson(known) };
  const cost: CostRevision = {
    ...key,
    costId: known?.costId ?? mintId('cst', nowMs),
    revision: (known?.revision ?? 0) + 1,
    money,
    note,
    createdBy: principalOf(res).actor,
    createdAtMs: nowMs,
  };
  await insertCostRevision(trx, workspaceId, cost);
  const action = known === null ? 'cost.recorded' : 'cost.restated';
  await change.record(trx, action, cost.costId, costJson(cost));
  const status = known === null ? 201 : 200;
  return { status, body: costJson(cost), location: `/v1/costs/${cost.costId}` };
}

function saysTheSame(known: CostRevision, money: Money, note: string | null): boolean {
  const { amountMinor, currency } = known.money;
  return amountMinor === money.amountMinor && currency === money.currency && known.note === note;
}
