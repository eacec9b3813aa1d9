import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { type AttributionReport, REPORT_GROUPS } from '../../db/read-models/attribution-report';
import { REPORTED_KINDS } from '../../domain/facts';
import { DAY_MS } from '../../domain/time';
import { instantField, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';

/** As many days as of the other reports. */
const MAX_SPAN_DAYS = 366;

export const attributionReportQuery = z
  .strictObject({
    from: instantField().meta({ description: 'Of the conversions’ own time; inclusive.' }),
    to: instantField().meta({ description: 'Exclusive.' }),
    groupBy: z.enum(REPORT_GROUPS).default('partner'),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must lie after from' })
  .refine(({ from, to }) => to - from <= MAX_SPAN_DAYS * DAY_MS, {
    path: ['to'],
    message: `must lie within ${MAX_SPAN_DAYS} days`,
  });

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

const attributionSchema = z
  .object({
    ...credited,
    viewThrough: z
      .object(credited)
      .meta({ description: 'Credited to impressions; in no other number, and never paid.' }),
    assistedConversions: z.int().meta({
      description: 'Conversions on whose path a click lay that got no credit; each once.',
    }),
    contests: z.object({ given: z.int(), received: z.int(), refused: z.int() }),
  })
  .meta({ id: 'Attribution' });

export const attributionReportSchema = z
  .object({
    data: z.array(
      attributionSchema
        .extend({
          key: z
            .string()
            .nullable()
            .meta({ description: 'The partner, campaign or model; null: touches of no partner.' }),
        })
        .meta({ id: 'AttributionRow' }),
    ),
    rest: orNull(attributionSchema).meta({
      description:
        'The groups that are not listed, together; a conversion that several of them assisted counts for each.',
    }),
    groupsLeftOut: z.int(),
  })
  .meta({ id: 'AttributionReport' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function attributionReportJson(report: AttributionReport): z.input<typeof attributionReportSchema> {
  return { data: [...report.groups], rest: report.rest, groupsLeftOut: report.leftOut };
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
