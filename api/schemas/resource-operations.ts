import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import type { ErrorCode } from '../../domain/errors';
import type { IdPrefix } from '../../domain/ids';
import { pathId } from './fields';
import { type Operation, registerOperation } from './operation';
import { pageOfSchema, pageQuery } from './page';

export type Resource = {
  readonly tag: string;
  readonly path: string;
  /** One of them, in words: `offer`. */
  readonly one: string;
  readonly prefix: IdPrefix;
  readonly idName: string;
  readonly createBody: z.ZodType;
  readonly changeBody: z.ZodType;
  readonly answer: z.ZodType;
  /** The answer to a create when it holds more than later reads do. */
  readonly createAnswer?: z.ZodType;
  readonly problems?: readonly ErrorCode[];
};

/** Adds create, list, get and change of one set-up resource to the API description. */
export function registerResource(registry: OpenAPIRegistry, resource: Resource): void {
  const { tag, one, path, prefix, answer } = resource;
  const name = `${one.charAt(0).toUpperCase()}${one.slice(1)}`;
  const write = { tag, scope: 'setup:write', problems: resource.problems ?? [] } as const;
  const read = { tag, scope: 'read', method: 'get', status: 200 } as const;
  const single = { path: `${path}/{${resource.idName}}`, params: pathId(resource.idName, prefix) };
  const operations: Operation[] = [
    {
      ...write,
      method: 'post',
      path,
      operationId: `create${name}`,
      summary: `Create a ${one}`,
      body: resource.createBody,
      idempotent: true,
      status: 201,
      answer: resource.createAnswer ?? answer,
    },
    {
      ...read,
      path,
      operationId: `list${name}s`,
      summary: `List ${one}s`,
      query: pageQuery(prefix),
      answer: pageOfSchema(answer),
    },
    { ...read, ...single, operationId: `get${name}`, summary: `Get one ${one}`, answer },
    {
      ...write,
      ...single,
      method: 'patch',
      operationId: `change${name}`,
      summary: `Change one ${one}`,
      body: resource.changeBody,
      status: 200,
      answer,
    },
  ];
  for (const operation of operations) registerOperation(registry, operation);
}
