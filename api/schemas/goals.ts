import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Goal } from '../../db/stores/goal-store';
import type { Currency } from '../../domain/currencies';
import type { Money } from '../../domain/money';
import { formatMinor } from '../../domain/money';
import { GOAL_METRICS, type GoalProgress, isMoneyMetric } from '../../domain/value/goal';
import { fieldProblem } from '../middleware/validate';
import { dayField, shownDay, timeZoneField } from './calendar';
import {
  changeOf,
  idField,
  instantJson,
  nameField,
  nullableIdField,
  positiveMoneyField,
  shownId,
  shownInstant,
  shownMoney,
} from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';
import { registerResource } from './resource-operations';
import { shownCount, toCount } from './value-sums';

const MAX_COUNT = 1_000_000_000;
/** Each of them is measured when it is listed. */
const MAX_GOALS_PER_PAGE = 50;

function targetField() {
  return z.union([z.int().min(1).max(MAX_COUNT), positiveMoneyField()]).meta({
    description: 'A number for `registrations`, `first_deposits` and `deposits`; an amount for the others.',
  });
}

export const createGoalBody = z
  .strictObject({
    name: nameField(),
    campaignId: nullableIdField('cmp').optional().meta({ description: 'Without it, the whole workspace.' }),
    metric: z.enum(GOAL_METRICS).meta({
      description: '`cpa_metric` asks for at most the target; every other metric for at least it.',
    }),
    target: targetField(),
    from: dayField(),
    to: dayField(),
    timeZone: timeZoneField(),
  })
  .meta({ id: 'NewGoal' });

export const changeGoalBody = changeOf({
  name: nameField().optional(),
  target: targetField().optional(),
  from: dayField().optional(),
  to: dayField().optional(),
  timeZone: timeZoneField().optional(),
}).meta({ id: 'GoalChange' });

export const goalListQuery = z.strictObject({
  ...pageShape('gol'),
  campaignId: idField('cmp').optional(),
  limit: z
    .string()
    .regex(/^\d{1,2}$/, 'must be a whole number')
    .transform(Number)
    .refine(
      (limit) => limit >= 1 && limit <= MAX_GOALS_PER_PAGE,
      `must lie between 1 and ${MAX_GOALS_PER_PAGE}`,
    )
    .default(MAX_GOALS_PER_PAGE)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_GOALS_PER_PAGE, default: MAX_GOALS_PER_PAGE }),
});

/** The target as a metric understands it. Refuses an amount for a count, and the other way round. */
export function goalTarget(
  metric: Goal['metric'],
  target: number | Money,
): { readonly target: bigint; readonly currency: Currency | null } {
  if (typeof target === 'number') {
    if (isMoneyMetric(metric)) throw fieldProblem('target', `of ${metric} must be an amount`);
    return { target: BigInt(target), currency: null };
  }
  if (!isMoneyMetric(metric)) throw fieldProblem('target', `of ${metric} must be a whole number`);
  return { target: target.amountMinor, currency: target.currency };
}

const valueSchema = z.union([shownCount(), shownMoney]);

const progressSchema = z
  .object({
    status: z.enum(['upcoming', 'running', 'reached', 'missed']),
    value: valueSchema.nullable().meta({
      description: 'Null when it cannot be told: a rate is missing, or there is nothing to divide by.',
    }),
    ratio: z.string().nullable().meta({ description: 'Value by target; of `cpa_metric` target by value.' }),
    onTarget: z.boolean().nullable(),
    reachedOn: shownDay()
      .nullable()
      .meta({ description: 'The first day at whose end the target was reached, by what stands today.' }),
    missingRates: z.int(),
  })
  .meta({ id: 'GoalProgress' });

const goalSchema = z
  .object({
    goalId: shownId('gol'),
    name: z.string(),
    campaignId: shownId('cmp').nullable(),
    metric: z.enum(GOAL_METRICS),
    target: z.union([z.int(), shownMoney]),
    from: shownDay(),
    to: shownDay(),
    timeZone: z.string(),
    createdAt: shownInstant(),
    progress: progressSchema,
  })
  .meta({ id: 'Goal' });

/** The goal without its progress, as the audit keeps it. */
export function goalTermsJson(goal: Goal): Omit<z.input<typeof goalSchema>, 'progress'> {
  const { goalId, name, campaignId, metric, timeZone, currency, target } = goal;
  return {
    ...{ goalId, name, campaignId, metric, timeZone },
    target:
      currency === null ? Number(target) : { amount: formatMinor(target, currency), currency: currency },
    from: goal.fromDay,
    to: goal.toDay,
    createdAt: instantJson(goal.createdAtMs),
  };
}

export function goalJson(goal: Goal, progress: GoalProgress): z.input<typeof goalSchema> {
  return {
    ...goalTermsJson(goal),
    progress: {
      status: progress.status,
      value: shownValue(progress.value, goal.currency),
      ratio: progress.ratio,
      onTarget: progress.isOnTarget,
      reachedOn: progress.reachedOn,
      missingRates: progress.missingRates,
    },
  };
}

function shownValue(value: bigint | null, currency: Currency | null): z.input<typeof valueSchema> | null {
  if (value === null) return null;
  return currency === null ? toCount(value) : { amount: formatMinor(value, currency), currency };
}

export function registerGoalPaths(registry: OpenAPIRegistry): void {
  const resource = {
    tag: 'Value',
    path: '/v1/goals',
    one: 'goal',
    prefix: 'gol',
    idName: 'goalId',
    createBody: createGoalBody,
    changeBody: changeGoalBody,
    answer: goalSchema,
  } as const;
  registerResource(registry, resource);
  // In place of the resource's own list: this one takes a filter and fewer per page.
  registerOperation(registry, {
    method: 'get',
    path: '/v1/goals',
    operationId: 'listGoals',
    summary: 'List goals, each with its progress as of now',
    tag: 'Value',
    scope: 'read',
    query: goalListQuery,
    status: 200,
    answer: pageOfSchema(goalSchema),
  });
}
