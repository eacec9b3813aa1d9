import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { BudgetUse } from '../../db/read-models/budget-use';
import type { Funnel, FunnelGrouping, FunnelQuestion, FunnelReport } from '../../db/read-models/funnel';
import type { ReportQuestion, ValueReport } from '../../db/read-models/value-report';
import type { ValueGrouping } from '../../db/read-models/value-tallies';
import { idFromUuid } from '../../domain/ids';
import { costPer, ratio, returnOn } from '../../domain/value/quotients';
import { addSums, totalOf } from '../../domain/value/sum';
import type { Tally } from '../../domain/value/tally';
import { dayField, shownDay, timeZoneField } from './calendar';
import { idField, moneyJson, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { budgetJson, budgetSchema } from './pricing';
import { nullableMoneyJson, shownCount, toCount, valueSumJson, valueSumSchema } from './value-sums';

const GROUPINGS = [
  'campaign',
  'partner',
  'source',
  'creative',
  'keyword',
  'country',
  'day',
  'weekday',
  'hour',
  'scenario',
] as const satisfies readonly ValueGrouping[];

const FUNNEL_GROUPINGS = [
  'campaign',
  'partner',
  'source',
  'creative',
  'keyword',
  'day',
  'weekday',
  'hour',
] as const satisfies readonly FunnelGrouping[];

export const rangeShape = {
  from: dayField(),
  to: dayField().meta({ description: 'The last day, included.', format: 'date' }),
  timezone: timeZoneField().default('UTC').meta({ description: 'Whose days they are.' }),
  campaignId: idField('cmp').optional(),
  partnerId: idField('ptn').optional(),
};

export const valueQuery = z.strictObject({ ...rangeShape, groupBy: z.enum(GROUPINGS).optional() });
export const funnelQuery = z.strictObject({ ...rangeShape, groupBy: z.enum(FUNNEL_GROUPINGS).optional() });

const quotient = (description: string) => orNull(shownMoney).meta({ description });

const valueRowSchema = z
  .object({
    clicks: shownCount(),
    installs: shownCount(),
    registrations: shownCount(),
    firstDepositors: shownCount(),
    deposits: shownCount(),
    valuableDeposits: shownCount().meta({ description: 'Confirmed deposits that pass fraud.' }),
    depositTotal: valueSumSchema,
    ngr: valueSumSchema,
    spend: valueSumSchema,
    clickCost: valueSumSchema.meta({
      description: 'What clicks of campaigns priced by the click cost; no part of `spend`.',
    }),
    cpaMetric: quotient('Spend by first depositors: what one has cost to win.'),
    cpaPayout: valueSumSchema.meta({
      description: 'CPA commission as booked: what partners earned for them.',
    }),
    commission: valueSumSchema.meta({ description: 'All commission as booked.' }),
    roasByNgr: z.string().nullable().meta({ description: 'NGR by spend; null while none was supplied.' }),
    roasByDeposits: z.string().nullable().meta({ description: 'Deposits by spend.' }),
    costPerValuableDeposit: quotient('Spend by valuable deposits.'),
    costPerValuableFirstDeposit: quotient('Spend by valuable first deposits.'),
  })
  .meta({ id: 'ValueRow' });

const budgetUseSchema = budgetSchema
  .extend({
    from: orNull(shownDay()).meta({
      description: 'The first day of the budget’s period; null: from the campaign’s beginning.',
    }),
    to: shownDay(),
    spent: orNull(shownMoney).meta({
      description: '`spend` and `clickCost` from `from` to `to`; null while a rate is missing.',
    }),
    ratio: z.string().nullable().meta({ description: 'Spent by the budget.' }),
  })
  .meta({ id: 'BudgetUse' });

const valueReportSchema = z
  .object({
    from: shownDay(),
    to: shownDay(),
    timezone: z.string(),
    groupBy: z.enum(GROUPINGS).nullable(),
    reportingCurrency: z.string(),
    total: valueRowSchema,
    groups: z.array(
      z.object({
        key: z.string().nullable().meta({ description: 'Null: what belongs to no group.' }),
        value: valueRowSchema,
        budget: orNull(budgetUseSchema).meta({
          description: 'Of a campaign that has one, in the period that the last day of the range lies in.',
        }),
      }),
    ),
    rest: orNull(valueRowSchema).meta({ description: 'The groups that are not listed, together.' }),
    groupsLeftOut: z.int(),
  })
  .meta({ id: 'ValueReport' });

export function valueReportJson(
  question: ReportQuestion,
  report: ValueReport,
): z.input<typeof valueReportSchema> {
  const { groupBy } = question;
  return {
    from: question.fromDay,
    to: question.toDay,
    timezone: question.timeZone,
    groupBy: groupBy === 'all' ? null : groupBy,
    reportingCurrency: question.reporting,
    total: valueRowJson(report.total),
    groups: report.groups.map(({ key, tally, budget }) => ({
      key: key === null ? null : shownKey(groupBy, key),
      value: valueRowJson(tally),
      budget: budget === null ? null : budgetUseJson(budget),
    })),
    rest: report.rest === null ? null : valueRowJson(report.rest),
    groupsLeftOut: report.leftOut,
  };
}

function budgetUseJson({ budget, fromDay, toDay, spent }: BudgetUse): z.input<typeof budgetUseSchema> {
  const { currency, amountMinor: limit } = budget.money;
  const amountMinor = totalOf(addSums(spent.spend, spent.clickCost));
  return {
    ...budgetJson(budget),
    from: fromDay,
    to: toDay,
    spent: amountMinor === null ? null : moneyJson({ amountMinor, currency }),
    ratio: amountMinor === null ? null : ratio(amountMinor, limit),
  };
}

function shownKey(groupBy: ValueGrouping | FunnelGrouping, key: string): string {
  if (groupBy === 'campaign') return idFromUuid('cmp', key);
  if (groupBy === 'partner') return idFromUuid('ptn', key);
  return groupBy === 'scenario' ? idFromUuid('scn', key) : key;
}

function valueRowJson(tally: Tally): z.input<typeof valueRowSchema> {
  const { spend, ngr, deposits } = tally;
  return {
    clicks: toCount(tally.clicksPpm),
    installs: toCount(tally.installsPpm),
    registrations: toCount(tally.registrationsPpm),
    firstDepositors: toCount(tally.firstDepositorsPpm),
    deposits: toCount(tally.depositsPpm),
    valuableDeposits: toCount(tally.valuableDepositsPpm),
    depositTotal: valueSumJson(deposits),
    ngr: valueSumJson(ngr),
    spend: valueSumJson(spend),
    clickCost: valueSumJson(tally.clickCost),
    cpaMetric: nullableMoneyJson(costPer(spend, tally.firstDepositorsPpm)),
    cpaPayout: valueSumJson(tally.cpaCommission),
    commission: valueSumJson(tally.commission),
    roasByNgr: returnOn(spend, ngr, 'unknown'),
    roasByDeposits: returnOn(spend, deposits, 'zero'),
    costPerValuableDeposit: nullableMoneyJson(costPer(spend, tally.valuableDepositsPpm)),
    costPerValuableFirstDeposit: nullableMoneyJson(costPer(spend, tally.valuableFirstDepositsPpm)),
  };
}

const FUNNEL_STEPS = ['click', 'install', 'registration', 'first_deposit'] as const;

const funnelStepSchema = z
  .object({
    step: z.enum(FUNNEL_STEPS),
    reached: shownCount().meta({ description: 'Clicks of the range that have come this far by now.' }),
    lost: shownCount().meta({ description: 'Of those, the ones that came no further.' }),
    lostShare: z.string().nullable().meta({ description: 'Lost by reached; null when none got here.' }),
  })
  .meta({ id: 'FunnelStep' });

const funnelSchema = z
  .object({
    from: shownDay(),
    to: shownDay(),
    timezone: z.string(),
    groupBy: z.enum(FUNNEL_GROUPINGS).nullable(),
    steps: z.array(funnelStepSchema),
    groups: z.array(
      z.object({
        key: z.string().nullable().meta({ description: 'Null: clicks that do not say it.' }),
        steps: z.array(funnelStepSchema),
      }),
    ),
    rest: orNull(z.array(funnelStepSchema)).meta({
      description: 'The groups that are not listed, together.',
    }),
    groupsLeftOut: z.int(),
  })
  .meta({ id: 'Funnel' });

export function funnelJson(question: FunnelQuestion, report: FunnelReport): z.input<typeof funnelSchema> {
  const { groupBy } = question;
  return {
    from: question.fromDay,
    to: question.toDay,
    timezone: question.timeZone,
    groupBy: groupBy === 'all' ? null : groupBy,
    steps: funnelStepsJson(report.total),
    groups: report.groups.map(({ key, funnel }) => ({
      key: key === null ? null : shownKey(groupBy, key),
      steps: funnelStepsJson(funnel),
    })),
    rest: report.rest === null ? null : funnelStepsJson(report.rest),
    groupsLeftOut: report.leftOut,
  };
}

function funnelStepsJson(funnel: Funnel): z.input<typeof funnelStepSchema>[] {
  const { endedAt } = funnel;
  const step = (name: (typeof FUNNEL_STEPS)[number], reachedPpm: bigint, lostPpm: bigint) => ({
    step: name,
    reached: toCount(reachedPpm),
    lost: toCount(lostPpm),
    lostShare: ratio(lostPpm, reachedPpm),
  });
  return [
    step('click', funnel.clicksPpm, endedAt.clickPpm),
    step('install', funnel.installsPpm, endedAt.installPpm),
    step('registration', funnel.registrationsPpm, endedAt.registrationPpm),
    step('first_deposit', funnel.firstDepositsPpm, 0n),
  ];
}

export function registerReportPaths(registry: OpenAPIRegistry): void {
  const shared = { method: 'get', tag: 'Reports', scope: 'read', status: 200 } as const;
  registerOperation(registry, {
    ...shared,
    path: '/v1/reports/value',
    operationId: 'getValueReport',
    summary: 'Get what traffic cost and what it was worth, as of now, for a range of days',
    query: valueQuery,
    answer: valueReportSchema,
  });
  registerOperation(registry, {
    ...shared,
    path: '/v1/reports/funnel',
    operationId: 'getFunnelReport',
    summary: 'Get how far the clicks of a range of days have come by now',
    query: funnelQuery,
    answer: funnelSchema,
  });
}
