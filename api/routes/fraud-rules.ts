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
import { customRuleProblems } from '../../domain/fraud/custom-rule-problems';
import { changeRuleSet, type RuleProblem, ruleProblems } from '../../domain/fraud/rule-set';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parseQuery } from '../middleware/validate';
import { changeFraudRulesBody, fraudRulesJson, fraudRulesQuery } from '../schemas/fraud-rules';
import { changeBy } from './change';
import { requireVersion, versionTag } from './rule-version';

/** `/v1/fraud/rules`: what the workspace's rules may do, and their thresholds. Each change is a new version. */
export function fraudRuleRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get(
    '/v1/fraud/rules',
    readRequest(deps, 'light', async (req, res) => {
      const { version } = parseQuery(fraudRulesQuery, req);
      const { workspaceId } = principalOf(res);
      const ruleSet =
        version === undefined
          ? await readCurrentRuleSet(deps.readDb, workspaceId)
          : await findRuleSet(deps.readDb, workspaceId, version);
      if (ruleSet === null) throw notFound();
      sendRuleSet(res, ruleSet);
    }),
  );
  router.put('/v1/fraud/rules', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    sendRuleSet(res, await changeRules(deps, req, res));
  });
  return router;
}

async function changeRules(deps: ApiDeps, req: Request, res: Response): Promise<StoredRuleSet> {
  const body = parseBody(changeFraudRulesBody, req);
  const { rules = {}, custom } = body;
  const errors = [
    ...under('rules', ruleProblems(rules)),
    ...under('custom', customRuleProblems(custom ?? [])),
  ];
  if (errors.length > 0)
    throw new AppError('invalid_request', 'The body does not fit: see errors.', { errors });
  const change = changeBy(deps, res);
  const { workspaceId, nowMs } = change;
  return deps.db.transaction(async (trx) => {
    await lockRuleSets(trx, workspaceId);
    const current = await readCurrentRuleSet(trx, workspaceId);
    requireVersion(current.version, req, body.version);
    const next = changeRuleSet(current, rules, custom);
    // A repeated request finds its wish fulfilled.
    const { version } = next;
    if (isDeepStrictEqual(next, { ...changeRuleSet(current, {}), version })) return current;
    const createdBy = principalOf(res).actor;
    await appendRuleSet(trx, workspaceId, next, { createdBy, nowMs });
    await change.record(trx, 'fraud_rules.changed', workspaceId, {
      version,
      rules,
      ...(custom !== undefined && { custom }),
    });
    return { ...next, createdBy, createdAtMs: nowMs };
  });
}

function under(field: string, problems: readonly RuleProblem[]): readonly RuleProblem[] {
  return problems.map(({ path, message }) => ({ path: `${field}.${path}`, message }));
}

function sendRuleSet(res: Response, ruleSet: StoredRuleSet): void {
  res.setHeader('etag', versionTag(ruleSet.version));
  res.json(fraudRulesJson(ruleSet));
}
