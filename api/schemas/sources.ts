import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { SOURCE_KINDS, type Source } from '../../db/stores/source-store';
import { instantJson, nameField, shownId, shownInstant } from './fields';
import { registerResource } from './resource-operations';

export const createSourceBody = z
  .strictObject({
    name: nameField(),
    kind: z.enum(SOURCE_KINDS),
    brand: nameField().optional().meta({
      description: 'Name of the brand; made when there is none of that name. Default: the default brand.',
    }),
  })
  .meta({ id: 'NewSource' });

export const changeSourceBody = z.strictObject({ name: nameField() }).meta({ id: 'SourceChange' });

const sourceFields = {
  sourceId: shownId('src'),
  name: z.string(),
  kind: z.enum(['api', ...SOURCE_KINDS]),
  brand: z.string(),
  createdAt: shownInstant(),
};

export const sourceSchema = z.object(sourceFields).meta({ id: 'Source' });

const createdSourceSchema = z
  .object({
    ...sourceFields,
    key: z
      .string()
      .meta({ description: 'API key with the scope `events:write`, bound to the source. Shown once.' }),
    secret: z.string().meta({ description: 'Signing secret (Standard Webhooks). Shown once.' }),
  })
  .meta({ id: 'CreatedSource' });

export function sourceJson(source: Source): z.input<typeof sourceSchema> {
  return {
    sourceId: source.sourceId,
    name: source.name,
    kind: source.kind,
    brand: source.brand,
    createdAt: instantJson(source.createdAtMs),
  };
}

export function registerSourcePaths(registry: OpenAPIRegistry): void {
  registerResource(registry, {
    tag: 'Sources',
    path: '/v1/sources',
    one: 'source',
    prefix: 'src',
    idName: 'sourceId',
    createBody: createSourceBody,
    changeBody: changeSourceBody,
    answer: sourceSchema,
    createAnswer: createdSourceSchema,
  });
}
