import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { registerOperation } from './operation';

const livenessSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

const check = z.enum(['ok', 'failed']);

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({
      postgres: check,
      migrations: check,
      temporal: check.meta({
        description: 'Reported, not required: without Temporal, clicks and events are kept.',
      }),
    }),
    warnings: z.array(z.string()).meta({
      description:
        'What somebody should look at although requests are served: clicks without a partition, and parts of the housekeeping that have not succeeded for too long.',
    }),
  })
  .meta({ id: 'Readiness' });

export type Readiness = z.output<typeof readinessSchema>;

export function registerHealthPaths(registry: OpenAPIRegistry): void {
  const shared = { method: 'get', tag: 'Operation', scope: null, status: 200 } as const;
  registerOperation(registry, {
    ...shared,
    path: '/healthz',
    operationId: 'getLiveness',
    summary: 'Whether the process answers',
    answer: livenessSchema,
  });
  registry.registerPath({
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Prometheus metrics of this process',
    tags: ['Operation'],
    responses: { 200: { description: 'Text format', content: { 'text/plain': { schema: z.string() } } } },
  });
  registry.registerPath({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Whether the process can do its work',
    tags: ['Operation'],
    responses: {
      200: { description: 'Ready', content: { 'application/json': { schema: readinessSchema } } },
      503: { description: 'Not ready', content: { 'application/json': { schema: readinessSchema } } },
    },
  });
}
