import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { SOURCE_KINDS, type Source } from '../../db/stores/source-store';
import { changeOf, instantJson, nameField, shownId, shownInstant } from './fields';
import { ipRanges } from './ip-ranges';
import { registerResource } from './resource-operations';

const ipAllowList = ipRanges()
  .optional()
  .meta({
    description:
      'Addresses and networks from which the source may report, whatever its key or signature. Empty: from everywhere.',
    example: ['203.0.113.0/24'],
  });

export const createSourceBody = z
  .strictObject({
    name: nameField(),
    kind: z.enum(SOURCE_KINDS),
    brand: nameField().optional().meta({
      description: 'Name of the brand; made when there is none of that name. Default: the default brand.',
    }),
    ipAllowList,
  })
  .meta({ id: 'NewSource' });

export const changeSourceBody = changeOf({ name: nameField().optional(), ipAllowList }).meta({
  id: 'SourceChange',
});

const sourceFields = {
  sourceId: shownId('src'),
  name: z.string(),
  kind: z.enum(['api', ...SOURCE_KINDS]),
  brand: z.string(),
  ipAllowList: z.array(z.string()).readonly(),
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
    ipAllowList: source.ipAllowList,
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
