import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { OverviewQuestion, OverviewReport } from '../../db/read-models/overview';
import type { OverviewGrouping } from '../../db/read-models/overview-sql';
import { idFromUuid } from '../../domain/ids';
import { type Counts, commissionPerFirstDepositor } from '../../domain/rollup/counts';
import { ONE_PPM, ratio } from '../../domain/value/quotients';
import { shownDay } from './calendar';
import { moneyJson, shownInstant, shownMoney } from './fields';
import { registerOperation } from './operation';
import { orNull } from './or-null';
import { rangeShape } from './reports';
import { nullableMoneyJson, shownCount, toCount } from './value-sums';

const GROUPINGS = [
  'day',
  'hour',
  'campaign',
  'partner',
  'country',
  'device',
] as const satisfies readonly OverviewGrouping[];

export const overviewQuery = z.strictObject({ ...rangeShape, groupBy: z.enum(GROUPINGS).optional() });

const shownRatio = (description: string) => z.string().nullable().meta({ description });
const amounts = (description: string) => z.array(shownMoney).meta({ description });

const rowSchema = z
  .object({
    clicks: z.int().min(0),
    blockedClicks: z.int().min(0).meta({ description: 'Of the clicks, those that the fraud rules blocked.' }),
    reviewClicks: z.int().min(0).meta({ description: 'Of the clicks, those that the fraud rules doubt.' }),
    impressions: z.int().min(0),
    installs: shownCount(),
    registrations: shownCount(),
    firstDepositors: shownCount(),
    deposits: shownCount(),
    depositTotal: amounts('Confirmed deposits less chargebacks, one amount per currency.'),
    commission: amounts('All commission as booked, one amount per currency.'),
    clickThroughRate: shownRatio('Clicks by impressions; null without impressions.'),
    registrationRate: shownRatio('Registrations of the range by its clicks; the funnel follows each click.'),
    firstDepositRate: shownRatio('First depositors of the range by its clicks.'),
    commissionPerFirstDepositor: orNull(shownMoney).meta({
      description: 'Null without a first depositor, and when commission was booked in several currencies.',
    }),
  })
  .meta({ id: 'OverviewRow' });

const overviewSchema = z
  .object({
    from: shownDay(),
    to: shownDay(),
    timezone: z.string(),
    groupBy: z.enum(GROUPINGS).nullable(),
    total: rowSchema,
    groups: z.array(
      z.object({
        key: z.string().nullable().meta({
          description:
            'Null: what belongs to no campaign or partner. A country or a device that nobody named is `unknown`.',
        }),
        value: rowSchema,
      }),
    ),
    rest: orNull(rowSchema).meta({ description: 'The groups that are not listed, together.' }),
    groupsLeftOut: z.int(),
    resultsBehindSince: shownInstant().nullable().meta({
      description:
        'Since when changes of conversions or verdicts wait to be counted, seconds as a rule; null: none does. Clicks and impressions never wait.',
    }),
  })
  .meta({ id: 'Overview' });

export function overviewJson(
  question: OverviewQuestion,
  report: OverviewReport,
): z.input<typeof overviewSchema> {
  const { groupBy } = question;
  return {
    from: question.fromDay,
    to: question.toDay,
    timezone: question.timeZone,
    groupBy: groupBy === 'all' ? null : groupBy,
    total: rowJson(report.total),
    groups: report.groups.map(({ key, counts }) => ({ key: shownKey(groupBy, key), value: rowJson(counts) })),
    rest: report.rest === null ? null : rowJson(report.rest),
    groupsLeftOut: report.leftOut,
    resultsBehindSince: report.resultsBehindSince?.toISOString() ?? null,
  };
}

function shownKey(groupBy: OverviewGrouping, key: string | null): string | null {
  if (key === null) return groupBy === 'country' || groupBy === 'device' ? 'unknown' : null;
  if (groupBy === 'campaign') return idFromUuid('cmp', key);
  return groupBy === 'partner' ? idFromUuid('ptn', key) : key;
}

function rowJson(counts: Counts): z.input<typeof rowSchema> {
  const clicksPpm = counts.clicks * ONE_PPM;
  return {
    clicks: Number(counts.clicks),
    blockedClicks: Number(counts.blockedClicks),
    reviewClicks: Number(counts.reviewClicks),
    impressions: Number(counts.impressions),
    installs: toCount(counts.installsPpm),
    registrations: toCount(counts.registrationsPpm),
    firstDepositors: toCount(counts.firstDepositorsPpm),
    deposits: toCount(counts.depositsPpm),
    depositTotal: amountsJson(counts.deposits),
    commission: amountsJson(counts.commission),
    clickThroughRate: ratio(counts.clicks, counts.impressions),
    registrationRate: ratio(counts.registrationsPpm, clicksPpm),
    firstDepositRate: ratio(counts.firstDepositorsPpm, clicksPpm),
    commissionPerFirstDepositor: nullableMoneyJson(commissionPerFirstDepositor(counts)),
  };
}

function amountsJson(byCurrency: Counts['deposits']): z.input<typeof shownMoney>[] {
  const sorted = [...byCurrency].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([currency, amountMinor]) => moneyJson({ amountMinor, currency }));
}

export function registerOverviewPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    ...{ method: 'get', tag: 'Reports', scope: 'read', status: 200 },
    path: '/v1/reports/overview',
    operationId: 'getOverview',
    summary: 'Get the numbers of a range of days from rollups, fast whatever the range holds',
    query: overviewQuery,
    answer: overviewSchema,
  });
}
