import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { StoredSegmentRules } from '../../db/stores/segment-rule-store';
import { instantJson, MAX_WHOLE_NUMBER, moneyJson, shownInstant, signedMoneyField } from './fields';
import { registerOperation } from './operation';

const MAX_RULES = 50;
const MAX_AMOUNTS = 20;
const MAX_COUNT = 1_000_000;
const MAX_DAYS = 3_660;
const MAX_RANKED_DAYS = 366;

function count() {
  return z.int().min(0).max(MAX_COUNT).optional();
}

function days(description: string) {
  return z.int().min(0).max(MAX_DAYS).optional().meta({ description });
}

/** Thresholds, one per currency; stored as they are shown. */
function thresholds(description: string) {
  return z
    .array(signedMoneyField())
    .min(1)
    .max(MAX_AMOUNTS)
    .refine(
      (amounts) => new Set(amounts.map(({ currency }) => currency)).size === amounts.length,
      'must name a currency only once',
    )
    .transform((amounts) => amounts.map(moneyJson))
    .optional()
    .meta({ description });
}

const conditions = z
  .strictObject({
    minDeposits: count(),
    maxDeposits: count(),
    depositTotal: thresholds('At least this in any of the currencies.'),
    ngr: thresholds('At least this in any of the currencies, over the whole life.'),
    minDaysActive: count(),
    minDepositsPer30Days: count(),
    minRecencyDays: days('Days since the last deposit, at least.'),
    maxRecencyDays: days('Days since the last deposit, at most.'),
    maxAgeDays: days('Days since the first deposit, at most.'),
    topNgr: z
      .strictObject({
        percent: z.int().min(1).max(100),
        days: z.int().min(1).max(MAX_RANKED_DAYS),
        minPlayers: z.int().min(1).max(MAX_COUNT).default(20),
      })
      .optional()
      .meta({
        description:
          'Among the best by NGR of the last days, when at least `minPlayers` have any; per currency.',
      }),
  })
  .meta({ id: 'SegmentConditions' });

const ruleSchema = z
  .strictObject({
    segment: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be 1 to 40 lower-case letters, digits or _, a letter first'),
    when: conditions.meta({ description: 'All of them have to be met; without any, everybody meets them.' }),
  })
  .meta({ id: 'SegmentRule' });

export const changeSegmentsBody = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(MAX_WHOLE_NUMBER)
      .optional()
      .meta({ description: 'The version that is to be changed, as in `If-Match`; another one is refused.' }),
    rules: z
      .array(ruleSchema)
      .min(1, 'must hold a rule')
      .max(MAX_RULES)
      .meta({ description: 'In the order in which they are asked; the first that fits decides.' }),
  })
  .meta({ id: 'SegmentRulesChange' });

export const segmentsQuery = z.object({
  version: z.coerce.number().int().min(1).max(MAX_WHOLE_NUMBER).optional().meta({
    description: 'An earlier version; without it, the current one.',
  }),
});

const shownAmounts = z.array(z.object({ amount: z.string(), currency: z.string() })).readonly();

const segmentsSchema = z
  .object({
    version: z.int().meta({ description: '1 is what a workspace is born with.' }),
    createdAt: shownInstant().nullable(),
    createdBy: z.string().nullable(),
    rules: z
      .array(
        z.object({
          segment: z.string(),
          when: z.object({
            ...conditions.shape,
            depositTotal: shownAmounts.optional(),
            ngr: shownAmounts.optional(),
          }),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'SegmentRules' });

export function segmentsJson(ruleSet: StoredSegmentRules): z.input<typeof segmentsSchema> {
  return {
    version: ruleSet.version,
    createdAt: ruleSet.createdAtMs === null ? null : instantJson(ruleSet.createdAtMs),
    createdBy: ruleSet.createdBy,
    rules: ruleSet.rules,
  };
}

export function registerSegmentPaths(registry: OpenAPIRegistry): void {
  const shared = { path: '/v1/segments', tag: 'Value', status: 200, answer: segmentsSchema } as const;
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'getSegments',
    summary: 'Get the rules that sort players into segments',
    scope: 'read',
    query: segmentsQuery,
    problems: ['not_found'],
  });
  registerOperation(registry, {
    ...shared,
    method: 'put',
    operationId: 'changeSegments',
    summary: 'Replace the segment rules; every player is sorted by the new version from now on',
    scope: 'setup:write',
    body: changeSegmentsBody,
    problems: ['stale_revision'],
  });
}
