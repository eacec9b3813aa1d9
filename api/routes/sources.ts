import { type Request, type Response, Router } from 'express';
import { mintId } from '../../db/mint-id';
import { hashApiKey, newApiKey, newSigningSecret } from '../../db/new-secret';
import { insertApiKey } from '../../db/stores/api-key-store';
import {
  changeSource,
  findSource,
  insertSource,
  listSources,
  type Source,
} from '../../db/stores/source-store';
import { ensureBrand } from '../../db/stores/workspace-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeSourceBody, createSourceBody, sourceJson } from '../schemas/sources';
import { changeBy } from './change';

/** Sources: senders of events, each of one brand, with a key and a signing secret of its own. */
export function sourceRoutes(deps: ApiDeps): Router {
  const router = Router();
  const maySetUp = requireScope(deps, 'setup:write');

  router.post('/v1/sources', maySetUp, jsonBody, (req, res) => createSource(deps, req, res));

  router.get(
    '/v1/sources',
    readRequest(deps, 'light', async (req, res) => {
      const page = toPageRequest(parseQuery(pageQuery('src'), req));
      const sources = await listSources(deps.readDb, principalOf(res).workspaceId, page);
      res.json(pageAnswer('src', sources, sourceJson));
    }),
  );

  router.get(
    '/v1/sources/:sourceId',
    readRequest(deps, 'light', async (req, res) => {
      const sourceId = parsePathId('src', req, 'sourceId');
      const source = await findSource(deps.readDb, principalOf(res).workspaceId, sourceId);
      if (source === null) throw notFound();
      res.json(sourceJson(source));
    }),
  );

  router.patch('/v1/sources/:sourceId', maySetUp, jsonBody, async (req, res) => {
    const sourceId = parsePathId('src', req, 'sourceId');
    const body = parseBody(changeSourceBody, req);
    const change = changeBy(deps, res);
    const source = await deps.db.transaction(async (trx) => {
      if (!(await changeSource(trx, change.workspaceId, sourceId, body))) throw notFound();
      await change.record(trx, 'source.changed', sourceId, body);
      return findSource(trx, change.workspaceId, sourceId);
    });
    if (source === null) throw notFound();
    res.json(sourceJson(source));
  });

  return router;
}

async function createSource(deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const body = parseBody(createSourceBody, req);
  const answer = await runOnce(deps, req, res, async (trx) => {
    const change = changeBy(deps, res);
    const { workspaceId, nowMs } = change;
    const brand = await ensureBrand(trx, workspaceId, body.brand ?? null, nowMs);
    const source: Source = {
      sourceId: mintId('src', nowMs),
      workspaceId,
      name: body.name,
      kind: body.kind,
      brandId: brand.brandId,
      brand: brand.name,
      ipAllowList: body.ipAllowList ?? [],
      createdAtMs: nowMs,
    };
    const [key, secret] = [newApiKey(), newSigningSecret()];
    await insertSource(trx, { ...source, secret });
    await insertApiKey(trx, {
      keyId: mintId('key', nowMs),
      workspaceId,
      sourceId: source.sourceId,
      name: body.name,
      scopes: ['events:write'],
      createdAtMs: nowMs,
      keyHash: hashApiKey(key),
    });
    await change.record(trx, 'source.created', source.sourceId, body);
    const location = `/v1/sources/${source.sourceId}`;
    return { status: 201, body: { ...sourceJson(source), key, secret }, location };
  });
  sendAnswer(res, answer);
}
