import { isDeepStrictEqual } from 'node:util';
import { type Request, type Response, Router } from 'express';
import { lockRuleSets } from '../../db/stores/fraud-rule-store';
import {
  appendSegmentRules,
  findSegmentRules,
  readCurrentSegmentRules,
  type StoredSegmentRules,
} from '../../db/stores/segment-rule-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parseQuery } from '../middleware/validate';
import { changeSegmentsBody, segmentsJson, segmentsQuery } from '../schemas/segments';
import { changeBy } from './change';
import { requireVersion, versionTag } from './rule-version';

/** `/v1/segments`: the ordered rules by which players are sorted. Each change is a new version. */
export function segmentRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get(
    '/v1/segments',
    readRequest(deps, 'light', async (req, res) => {
      const { version } = parseQuery(segmentsQuery, req);
      const { workspaceId } = principalOf(res);
      const ruleSet =
        version === undefined
          ? await readCurrentSegmentRules(deps.readDb, workspaceId)
          : await findSegmentRules(deps.readDb, workspaceId, version);
      if (ruleSet === null) throw notFound();
      sendRules(res, ruleSet);
    }),
  );
  router.put('/v1/segments', requireScope(deps, 'setup:write'), jsonBody, async (req, res) => {
    sendRules(res, await changeRules(deps, req, res));
  });
  return router;
}

async function changeRules(deps: ApiDeps, req: Request, res: Response): Promise<StoredSegmentRules> {
  const { rules, version: named } = parseBody(changeSegmentsBody, req);
  const change = changeBy(deps, res);
  const { workspaceId, nowMs } = change;
  return deps.db.transaction(async (trx) => {
    await lockRuleSets(trx, workspaceId);
    const current = await readCurrentSegmentRules(trx, workspaceId);
    requireVersion(current.version, req, named);
    // As they will be stored; and a repeated request finds its wish fulfilled.
    const plain = JSON.parse(JSON.stringify(rules)) as StoredSegmentRules['rules'];
    if (isDeepStrictEqual(plain, current.rules)) return current;
    const createdBy = principalOf(res).actor;
    const next = { version: current.version + 1, rules: plain };
    await appendSegmentRules(trx, workspaceId, next, { createdBy, nowMs });
    await change.record(trx, 'segment_rules.changed', workspaceId, next);
    return { ...next, createdBy, createdAtMs: nowMs };
  });
}

function sendRules(res: Response, ruleSet: StoredSegmentRules): void {
  res.setHeader('etag', versionTag(ruleSet.version));
  res.json(segmentsJson(ruleSet));
}
