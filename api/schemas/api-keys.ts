import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { type ApiKey, SCOPES } from '../../db/stores/api-key-store';
import { instantJson, nameField, pathId, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageQuery } from './page';

export const createApiKeyBody = z
  .strictObject({
    name: nameField(),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1, 'must name at least one scope')
      .transform((scopes) => [...new Set(scopes)])
      .meta({ type: 'array', minItems: 1, items: { type: 'string', enum: [...SCOPES] } }),
  })
  .meta({ id: 'NewApiKey' });

const apiKeyFields = {
  keyId: shownId('key'),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  sourceId: shownId('src').nullable(),
  createdAt: shownInstant(),
  revokedAt: shownInstant().nullable(),
};

export const apiKeySchema = z.object(apiKeyFields).meta({ id: 'ApiKey' });

const createdApiKeySchema = z
  .object({ ...apiKeyFields, key: z.string().meta({ description: 'The key itself. Shown once.' }) })
  .meta({ id: 'CreatedApiKey' });

export function apiKeyJson(key: ApiKey): z.input<typeof apiKeySchema> {
  return {
    keyId: key.keyId,
    name: key.name,
    scopes: [...key.scopes],
    sourceId: key.sourceId,
    createdAt: instantJson(key.createdAtMs),
    revokedAt: key.revokedAtMs === null ? null : instantJson(key.revokedAtMs),
  };
}

export function registerApiKeyPaths(registry: OpenAPIRegistry): void {
  const shared = { tag: 'API keys', path: '/v1/api-keys', scope: 'admin' } as const;
  registerOperation(registry, {
    ...shared,
    method: 'post',
    operationId: 'createApiKey',
    summary: 'Create an API key',
    body: createApiKeyBody,
    idempotent: true,
    status: 201,
    answer: createdApiKeySchema,
  });
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'listApiKeys',
    summary: 'List API keys',
    query: pageQuery('key'),
    status: 200,
    answer: pageOfSchema(apiKeySchema),
  });
  registerOperation(registry, {
    ...shared,
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key',
    params: pathId('keyId', 'key'),
    status: 200,
    answer: apiKeySchema,
  });
}
