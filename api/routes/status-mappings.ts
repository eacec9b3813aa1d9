import { type Request, type Response, Router } from 'express';
import { mintId } from '../../db/mint-id';
import { translateReports } from '../../db/stores/report-translation-store';
import { findSource } from '../../db/stores/source-store';
import {
  findStatusMapping,
  insertStatusMapping,
  listStatusMappings,
  retireStatusMapping,
  type StatusMapping,
} from '../../db/stores/status-mapping-store';
import { AppError } from '../../domain/errors';
import type { StatusMappingId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { commonMeaning, readWord, WORD_RULE } from '../inbound/unknown-word';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, toPageRequest } from '../schemas/page';
import {
  createStatusMappingBody,
  statusMappingJson,
  statusMappingListQuery,
} from '../schemas/status-mappings';
import { changeBy } from './change';

/** Translated before the answer; the rest follows in the sweep of the workers. */
const TRANSLATED_AT_ONCE = 200;

/** `/v1/status-mappings`: what sources mean by words of their own. */
export function statusMappingRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/status-mappings', maySetUp, jsonBody, (req, res) => createMapping(deps, req, res));

  router.get(
    '/v1/status-mappings',
    readRequest(deps, 'light', async (req, res) => {
      const query = parseQuery(statusMappingListQuery, req);
      const filter = { sourceId: query.sourceId, retired: query.retired === 'true' };
      const { workspaceId } = principalOf(res);
      const mappings = await listStatusMappings(deps.readDb, workspaceId, filter, toPageRequest(query));
      res.json(pageAnswer('smp', mappings, statusMappingJson));
    }),
  );

  router.delete('/v1/status-mappings/:mappingId', maySetUp, async (req, res) => {
    const mappingId = parsePathId('smp', req, 'mappingId');
    const change = changeBy(deps, res);
    const { workspaceId, nowMs } = change;
    const mapping = await deps.db.transaction(async (trx) => {
      if (await retireStatusMapping(trx, workspaceId, mappingId, nowMs)) {
        await change.record(trx, 'status_mapping.retired', mappingId, {});
      }
      return findStatusMapping(trx, workspaceId, mappingId);
    });
    if (mapping === null) throw notFound();
    res.json(statusMappingJson(mapping));
  });

  return router;
}

async function createMapping(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const body = parseBody(createStatusMappingBody, req);
  const [kind, status] = [body.kind ?? null, body.status ?? null];
  const word = readWord(body.word);
  if (word === null) throw fieldProblem('word', WORD_RULE);
  const meaning = commonMeaning(word, kind);
  if (meaning !== null) throw fieldProblem('word', `is understood without a mapping: it means ${meaning}`);
  let created: StatusMappingId | null = null;
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const { workspaceId, nowMs } = change;
    const { sourceId } = body;
    if ((await findSource(trx, workspaceId, sourceId)) === null) {
      throw fieldProblem('sourceId', 'names nothing in this workspace');
    }
    const mapping: StatusMapping = {
      ...{ mappingId: mintId('smp', nowMs), workspaceId, sourceId, word, kind, status },
      ...{ createdBy: principalOf(res).actor, createdAtMs: nowMs, retiredAtMs: null },
    };
    if (!(await insertStatusMapping(trx, mapping))) {
      throw new AppError('already_exists', `"${word}" is mapped for this source: retire that mapping first.`);
    }
    await change.record(trx, 'status_mapping.created', mapping.mappingId, { sourceId, word, kind, status });
    created = mapping.mappingId;
    return { status: 201, body: statusMappingJson(mapping) };
  });
  if (created !== null) await translateWaiting(deps, created);
  sendAnswer(res, answer);
}

/** The mapping stands in any case: what this leaves over, the sweep of the workers translates. */
async function translateWaiting(deps: ApiDeps, mappingId: StatusMappingId): Promise<void> {
  try {
    await translateReports(deps.db, deps.clock.nowMs(), TRANSLATED_AT_ONCE, mappingId);
  } catch (error) {
    deps.logger.warn({ err: error, mappingId }, 'not all reports with a mapped word were translated');
  }
}
