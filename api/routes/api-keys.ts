import { Router } from 'express';
import { mintId } from '../../db/mint-id';
import { hashApiKey, newApiKey } from '../../db/new-secret';
import { type ApiKey, insertApiKey, listApiKeys, revokeApiKey } from '../../db/stores/api-key-store';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { apiKeyJson, createApiKeyBody } from '../schemas/api-keys';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { changeBy } from './change';

/** API keys. Only an admin may make them, or a lesser key could make itself a greater one. */
export function apiKeyRoutes(deps: ApiDeps): Router {
  const router = Router();
  const mayAdminister = requireScope(deps, 'admin');

  router.post('/v1/api-keys', mayAdminister, jsonBody, async (req, res) => {
    const body = parseBody(createApiKeyBody, req);
    const answer = await runOnce(deps, req, res, async (trx) => {
      const change = changeBy(deps, res);
      const stored: ApiKey = {
        keyId: mintId('key', change.nowMs),
        workspaceId: change.workspaceId,
        sourceId: null,
        name: body.name,
        scopes: body.scopes,
        createdAtMs: change.nowMs,
        revokedAtMs: null,
      };
      const key = newApiKey();
      await insertApiKey(trx, { ...stored, keyHash: hashApiKey(key) });
      await change.record(trx, 'api_key.created', stored.keyId, body);
      return { status: 201, body: { ...apiKeyJson(stored), key } };
    });
    sendAnswer(res, answer);
  });

  router.get(
    '/v1/api-keys',
    readRequest(
      deps,
      'light',
      async (req, res) => {
        const page = toPageRequest(parseQuery(pageQuery('key'), req));
        const keys = await listApiKeys(deps.readDb, principalOf(res).workspaceId, page);
        res.json(pageAnswer('key', keys, apiKeyJson));
      },
      'admin',
    ),
  );

  router.delete('/v1/api-keys/:keyId', mayAdminister, async (req, res) => {
    const keyId = parsePathId('key', req, 'keyId');
    const change = changeBy(deps, res);
    const key = await deps.db.transaction(async (trx) => {
      const revoked = await revokeApiKey(trx, change.workspaceId, keyId, change.nowMs);
      if (revoked === null) throw notFound();
      await change.record(trx, 'api_key.revoked', keyId, { name: revoked.name });
      return revoked;
    });
    res.json(apiKeyJson(key));
  });

  return router;
}
