import { isDeepStrictEqual } from 'node:util';
import { type Request, type Response, Router } from 'express';
import {
  appendRuleSet,
  findRuleSet,
  lockRuleSets,
  readCurrentRuleSet,
  type StoredRuleSet,
} from '../../db/stores/fraud-rule-store';
import { AppError } from '../../domain/errors';
import { changeRuleSet, ruleProblems } from '../../domain/fraud/rule-set';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { jsonBody } from '../middleware/json-body';
import { notFound, parseBody, parseQuery } from '../middleware/validate';
import { changeFraudRulesBody, fraudRulesJson, fraudRulesQuery } from '../schemas/fraud-rules';
import { changeBy } from './change';

/** `/v1/fraud/rules`: what the workspace's rules may do, and their thresholds. Each change is a new version. */
export function fraudRuleRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/fraud/rules', requireScope(deps, 'read'), async (req, res) => {
    const { version } = parseQuery(fraudRulesQuery, req);
    const { workspaceId } = principalOf(res);
    const ruleSet =
      version === undefined
        ? await readCurrentRuleSet(deps.db, workspaceId)
        : await findRuleSet(deps.db, workspaceId, version);
    if (ruleSet === null) throw notFound();
    sendRuleSet(res, ruleSet);
  });
  router.put('/v1/fraud/rules', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    sendRuleSet(res, await changeRules(deps, req, res));
  });
  return router;
}

async function changeRules(deps: ApiDeps, req: Request, res: Response): Promise<StoredRuleSet> {
  const body = parseBody(changeFraudRulesBody, req);
  const errors = ruleProblems(body.rules).map(({ path, message }) => ({ path: `rules.${path}`, message }));
  if (errors.length > 0)
    throw new AppError('invalid_request', 'The body does not fit: see errors.', { errors });
  const change = changeBy(deps, res);
  const { workspaceId, nowMs } = change;
  return deps.db.transaction(async (trx) => {
    await lockRuleSets(trx, workspaceId);
    const current = await readCurrentRuleSet(trx, workspaceId);
    requireCurrent(current.version, req, body.version);
    const next = changeRuleSet(current, body.rules);
    // A repeated request finds its wish fulfilled.
    if (isDeepStrictEqual(next.rules, changeRuleSet(current, {}).rules)) return current;
    const createdBy = principalOf(res).actor;
    await appendRuleSet(trx, workspaceId, next, { createdBy, nowMs });
    await change.record(trx, 'fraud_rules.changed', workspaceId, {
      version: next.version,
      rules: body.rules,
    });
    return { ...next, createdBy, createdAtMs: nowMs };
  });
}

/** Whoever says what he has read changes that, and not what somebody else has made of it meanwhile. */
function requireCurrent(current: number, req: Request, named: number | undefined): void {
  const match = req.headers['if-match'];
  const isMatched =
    match === undefined || match === '*' || match.split(',').some((tag) => tag.trim() === etag(current));
  if (isMatched && (named === undefined || named === current)) return;
  throw new AppError('stale_revision', `The rules are at version ${current} by now: read them again.`);
}

function sendRuleSet(res: Response, ruleSet: StoredRuleSet): void {
  res.setHeader('etag', etag(ruleSet.version));
  res.json(fraudRulesJson(ruleSet));
}

function etag(version: number): string {
  return `"${version}"`;
}
