import { type Request, type Response, Router } from 'express';
import { mintId } from '../../db/mint-id';
import {
  changeQuarantineRule,
  findQuarantineRule,
  insertQuarantineRule,
  listQuarantineRules,
  type QuarantineRule,
} from '../../db/stores/quarantine-rule-store';
import { applyRules } from '../../db/stores/rule-sweep-store';
import { findSource } from '../../db/stores/source-store';
import type { QuarantineRuleId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import {
  changeQuarantineRuleBody,
  createQuarantineRuleBody,
  quarantineRuleJson,
} from '../schemas/quarantine-rules';
import { changeBy } from './change';

/** `/v1/quarantine/rules`: by which fields waiting events may be matched to clicks. */
export function quarantineRuleRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');
  const path = '/v1/quarantine/rules';

  router.post(path, maySetUp, jsonBody, (req, res) => createRule(deps, req, res));

  router.get(
    path,
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('qrl'), req));
      const rules = await listQuarantineRules(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('qrl', rules, quarantineRuleJson));
    }),
  );

  router.get(
    `${path}/:ruleId`,
    readRequest(deps, 'light', async (req, res) => {
      const ruleId = parsePathId('qrl', req, 'ruleId');
      const rule = await findQuarantineRule(deps.readDb, principalOf(res).workspaceId, ruleId);
      if (rule === null) throw notFound();
      res.json(quarantineRuleJson(rule));
    }),
  );

  router.patch(`${path}/:ruleId`, maySetUp, jsonBody, async (req, res) => {
    const ruleId = parsePathId('qrl', req, 'ruleId');
    const body = parseBody(changeQuarantineRuleBody, req);
    const change = changeBy(deps, res);
    const rule = await deps.db.transaction(async (trx) => {
      if (!(await changeQuarantineRule(trx, change.workspaceId, ruleId, body))) throw notFound();
      await change.record(trx, 'quarantine_rule.changed', ruleId, body);
      return findQuarantineRule(trx, change.workspaceId, ruleId);
    });
    if (rule === null) throw notFound();
    if (body.enabled === true) await applyToWaiting(deps, ruleId);
    res.json(quarantineRuleJson(rule));
  });

  return router;
}

async function createRule(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const body = parseBody(createQuarantineRuleBody, req);
  let created: QuarantineRuleId | null = null;
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const { workspaceId, nowMs } = change;
    const sourceId = body.sourceId ?? null;
    if (sourceId !== null && (await findSource(trx, workspaceId, sourceId)) === null) {
      throw fieldProblem('sourceId', 'names nothing in this workspace');
    }
    const rule: QuarantineRule = {
      ruleId: mintId('qrl', nowMs),
      workspaceId,
      sourceId,
      name: body.name,
      event: body.event,
      click: body.click,
      isEnabled: body.enabled,
      createdAtMs: nowMs,
    };
    await insertQuarantineRule(trx, rule);
    const shown = quarantineRuleJson(rule);
    await change.record(trx, 'quarantine_rule.created', rule.ruleId, shown);
    created = rule.isEnabled ? rule.ruleId : null;
    return { status: 201, body: shown, location: `/v1/quarantine/rules/${rule.ruleId}` };
  });
  if (created !== null) await applyToWaiting(deps, created);
  sendAnswer(res, answer);
}

/** The rule stands in any case: what this leaves over, the sweep of the workers takes up. */
async function applyToWaiting(deps: ApiDeps, ruleId: QuarantineRuleId): Promise<void> {
  try {
    await applyRules(deps.db, deps.clock.nowMs(), ruleId);
  } catch (error) {
    deps.logger.warn({ err: error, ruleId }, 'a rule was not applied to all that waits');
  }
}
