import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Scope } from '../../db/stores/api-key-store';
import { ERROR_CODES, type ErrorCode } from '../../domain/errors';

/** RFC 9457, as every refusal is answered. */
const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:clickchain:problem:invalid_request' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .meta({ description: 'Makes the request safe to repeat for 24 hours. Printable ASCII without spaces.' }),
});

export type Operation = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI form: `/v1/offers/{offerId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  /** The scope that the key needs; null for a public path. */
  readonly scope: Scope | null;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Whether the operation honours `Idempotency-Key`. */
  readonly idempotent?: boolean;
  readonly status: 200 | 201 | 202;
  /** Whether it also answers 200, in the same shape: nothing was made. */
  readonly orNothingNew?: true;
  readonly answer: z.ZodType;
  /** Whether the answer is given as text for people too. */
  readonly text?: boolean;
  /** Refusals beyond those that every operation of its kind has. */
  readonly problems?: readonly ErrorCode[];
};

/** Adds one operation to the API description, with the refusals that follow from its parts. */
export function registerOperation(registry: OpenAPIRegistry, operation: Operation): void {
  const { params, query, body } = operation;
  registry.registerPath({
    method: operation.method,
    path: operation.path,
    operationId: operation.operationId,
    summary: operation.summary,
    tags: [operation.tag],
    ...(operation.scope !== null && {
      security: [{ apiKey: [] }],
      description: `Needs a key with the scope \`${operation.scope}\`.`,
    }),
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(operation.idempotent && { headers: idempotencyHeader }),
      ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      ...(operation.orNothingNew && { 200: successOf(operation) }),
      [operation.status]: successOf(operation),
      ...problemResponses(refusals(operation)),
    },
  });
}

function successOf({ summary, answer, text }: Operation) {
  return {
    description: summary,
    content: {
      'application/json': { schema: answer },
      ...(text && { 'text/plain': { schema: z.string() } }),
    },
  };
}

function refusals(operation: Operation): ErrorCode[] {
  return [
    ...(operation.query || operation.body || operation.idempotent ? (['invalid_request'] as const) : []),
    ...(operation.scope === null
      ? []
      : (['unauthorized', 'missing_scope', 'rate_limited', 'overloaded'] as const)),
    ...(operation.params ? (['not_found'] as const) : []),
    ...(operation.body ? (['body_too_large', 'unsupported_media_type'] as const) : []),
    ...(operation.idempotent ? (['idempotency_conflict'] as const) : []),
    ...(operation.problems ?? []),
    'unavailable',
  ];
}

/** The answers in which these refusals are given, one per status. */
export function problemResponses(codes: readonly ErrorCode[]): Record<string, { description: string }> {
  const unique = [...new Set(codes)];
  const statuses = [...new Set(unique.map((code) => ERROR_CODES[code].http))].sort((a, b) => a - b);
  const responses = statuses.map(
    (status) =>
      [
        String(status),
        {
          description: unique
            .filter((code) => ERROR_CODES[code].http === status)
            .map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`)
            .join('. '),
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      ] as const,
  );
  return Object.fromEntries(responses);
}
