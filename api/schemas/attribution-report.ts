import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { type AttributionRow, REPORT_GROUPS } from '../../db/read-models/attribution-report';
import { REPORTED_KINDS } from '../../domain/facts';
import { instantField, shownMoney } from './fields';
import { registerOperation } from './operation';

export const attributionReportQuery = z
  .strictObject({
    from: instantField().meta({ description: 'Of the conversions’ own time; inclusive.' }),
    to: instantField().meta({ description: 'Exclusive.' }),
    groupBy: z.enum(REPORT_GROUPS).default('partner'),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must lie after from' });

const credited = {
  conversions: z
    .array(
      z.object({
        event: z.enum(REPORTED_KINDS).exclude(['withdrawal', 'ngr', 'chargeback', 'self_exclusion']),
        credited: z.string().meta({ example: '1.5' }),
      }),
    )
    .readonly()
    .meta({ description: 'The sum of the credits, as an exact decimal.' }),
  firstDeposits: z.string(),
  value: z.array(shownMoney).readonly(),
};

export const attributionReportSchema = z
  .object({
    data: z.array(
      z
        .object({
          key: z
            .string()
            .nullable()
            .meta({ description: 'The partner, campaign or model; null: touches of no partner.' }),
          ...credited,
          viewThrough: z
            .object(credited)
            .meta({ description: 'Credited to impressions; in no other number, and never paid.' }),
          assistedConversions: z.int().meta({
            description: 'Conversions on whose path a click lay that got no credit; each once.',
          }),
          contests: z.object({ given: z.int(), received: z.int(), refused: z.int() }),
        })
        .meta({ id: 'AttributionRow' }),
    ),
  })
  .meta({ id: 'AttributionReport' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function attributionReportJson(data: AttributionRow[]): z.input<typeof attributionReportSchema> {
  return { data };
}

export function registerAttributionReportPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/reports/attribution',
    operationId: 'getAttributionReport',
    summary: 'Get what partners, campaigns or models are credited with in a span',
    tag: 'Reports',
    scope: 'read',
    query: attributionReportQuery,
    status: 200,
    answer: attributionReportSchema,
  });
}
