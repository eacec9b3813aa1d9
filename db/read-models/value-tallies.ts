import type { Currency } from '../../domain/currencies';
import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Measure, Measured } from '../../domain/value/tally';
import type { Db } from '../knex';
import { type Groups, groupKeySql, groupsOf, largestGroupsSql, type Placed } from './largest-groups';
import { MEASURED_SUMS, type MeasuredRow, measuredSql, toMeasured } from './measured';
import { nullableUuid } from './row-values';
import { localDaySql, localHourSql, scenarioCoversSql } from './scenario-cover';
import { valueFactsSql } from './value-facts';

/** By what a report may be grouped, and how a fact `m` says where it belongs. */
const KEYS = {
  all: 'NULL::text',
  campaign: 'm.campaign_id::text',
  partner: 'm.partner_id::text',
  source: groupKeySql('m.source'),
  creative: groupKeySql('m.creative'),
  keyword: groupKeySql('m.keyword'),
  country: groupKeySql('m.country'),
  day: 'm.day::text',
  // Spend has only a day, and NGR only a period.
  hour: `CASE WHEN m.measure <> 'ngr' THEN ${localHourSql('m.at', 'CAST(:zone AS text)')} END`,
  weekday: 'extract(isodow FROM m.day)::text',
  scenario: 's.scenario_id::text',
} as const;
export type ValueGrouping = keyof typeof KEYS;

/** Groups of time are few and have an order of their own. */
const OF_TIME: ReadonlySet<ValueGrouping> = new Set(['all', 'day', 'hour', 'weekday']);
/** Anybody can click under keywords of his own, so what clicks led to comes first. */
const SIZES = [`CASE WHEN measure <> 'click' THEN facts END`, 'facts'];

export type ValueQuestion = {
  readonly workspaceId: WorkspaceId;
  /** Calendar days of the time zone, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly measures: readonly Measure[];
  readonly groupBy: ValueGrouping;
  readonly reporting: Currency;
  /** Only what belongs to one of these. */
  readonly campaignIds?: readonly CampaignId[] | undefined;
  readonly partnerId?: PartnerId | undefined;
};

/**
 * What a workspace's facts add up to in a range of days, per group: the largest ones, and all others together. Read from
 * the facts and conversions as they stand now, so what was taken back or restated is right at once. A scenario is no
 * partition: a fact that two of them cover is in both groups. A key of null: what belongs to no group.
 */
export async function readValueTallies(db: Db, question: ValueQuestion): Promise<Groups<Measured>> {
  const { groupBy, campaignIds } = question;
  const { rows } = await db.raw<{ rows: (Placed & MeasuredRow)[] }>(
    valueTalliesSql(groupBy, question.measures),
    {
      workspace: uuidFromId(question.workspaceId),
      from: question.fromDay,
      to: question.toDay,
      zone: question.timeZone,
      reporting: question.reporting,
      measures: [...question.measures],
      campaigns: campaignIds === undefined ? null : campaignIds.map(uuidFromId),
      partner: nullableUuid(question.partnerId),
    },
  );
  const { groups, rest, leftOut } = groupsOf(rows);
  return {
    groups: groups.map(({ key, rows: own }) => ({ key, rows: own.map(toMeasured) })),
    rest: rest.map(toMeasured),
    leftOut,
  };
}

function valueTalliesSql(groupBy: ValueGrouping, measures: readonly Measure[]): string {
  const scenarios =
    groupBy === 'scenario'
      ? `LEFT JOIN scenarios AS s ON s.workspace_id = :workspace
         AND ${scenarioCoversSql('s', `coalesce(${localDaySql('m.at', 's.time_zone')}, m.day)`)}`
      : '';
  return largestGroupsSql({
    rows: measuredSql({
      from: `(${valueFactsSql(measures)}) AS m ${scenarios}`,
      where: `m.measure = ANY(CAST(:measures AS text[]))
        AND (CAST(:campaigns AS uuid[]) IS NULL OR m.campaign_id = ANY(:campaigns))
        AND (CAST(:partner AS uuid) IS NULL OR m.partner_id = :partner)`,
      groups: { key: KEYS[groupBy] },
      reporting: 'CAST(:reporting AS text)',
      ratedAt: 'm.rated_at',
    }),
    beside: ['measure', 'currency'],
    metrics: MEASURED_SUMS,
    sizes: OF_TIME.has(groupBy) ? [] : SIZES,
  });
}
