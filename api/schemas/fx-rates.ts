import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { StoredRate } from '../../db/stores/fx-rate-store';
import { rateProblem } from '../../domain/fx/rate';
import { instantField, instantJson, nameField, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';
import { currencyField } from './workspace';

export const createRateBody = z
  .strictObject({
    from: currencyField(),
    to: currencyField(),
    rate: z
      .string()
      .max(40)
      .superRefine((text, context) => {
        const problem = rateProblem(text);
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      })
      .meta({ description: 'How many `to` one `from` is, as an exact decimal.', example: '1.0842' }),
    source: nameField().meta({ description: 'Who says so: `ECB`, `treasury`.' }),
    ratedAt: instantField(),
  })
  .refine(({ from, to }) => from !== to, { message: 'must be another currency than from', path: ['to'] })
  .meta({ id: 'NewFxRate' });

export const rateListQuery = z.strictObject({
  ...pageShape('fxr'),
  from: currencyField().optional(),
  to: currencyField().optional(),
});

const rateSchema = z
  .object({
    rateId: shownId('fxr'),
    from: z.string(),
    to: z.string(),
    rate: z.string(),
    source: z.string(),
    ratedAt: shownInstant(),
    createdBy: z.string(),
    createdAt: shownInstant(),
  })
  .meta({ id: 'FxRate' });

export function rateJson(rate: StoredRate): z.input<typeof rateSchema> {
  const { rateId, from, to, source, createdBy } = rate;
  return {
    ...{ rateId, from, to, rate: rate.rate, source, createdBy },
    ratedAt: instantJson(rate.ratedAtMs),
    createdAt: instantJson(rate.createdAtMs),
  };
}

export function registerFxRatePaths(registry: OpenAPIRegistry): void {
  const shared = { path: '/v1/fx-rates', tag: 'Value' } as const;
  registerOperation(registry, {
    ...shared,
    method: 'post',
    operationId: 'createFxRate',
    summary: 'Record a dated exchange rate; it stands for ever, and one of the same moment is refused',
    scope: 'setup:write',
    body: createRateBody,
    idempotent: true,
    status: 201,
    orNothingNew: true,
    answer: rateSchema,
    problems: ['rate_conflict'],
  });
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'listFxRates',
    summary: 'List exchange rates, optionally of one direction',
    scope: 'read',
    query: rateListQuery,
    status: 200,
    answer: pageOfSchema(rateSchema),
  });
}
