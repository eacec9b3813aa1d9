import type { Currency } from '../../domain/currencies';
import type { FxRate } from '../../domain/fx/rate';
import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Measure, Measured } from '../../domain/value/tally';
import type { Db } from '../knex';
import { rateInForceSql } from './rate-in-force';
import { nullableUuid } from './row-values';
import { localDaySql, localHourSql, scenarioCoversSql } from './scenario-cover';
import { valueFactsSql } from './value-facts';

/** By what a report may be grouped, and how a fact `m` says where it belongs. */
const KEYS = {
  all: 'NULL::text',
  campaign: 'm.campaign_id::text',
  partner: 'm.partner_id::text',
  source: 'm.source',
  creative: 'm.creative',
  keyword: 'm.keyword',
  country: 'm.country',
  day: 'm.day::text',
  // Spend has only a day, and NGR only a period.
  hour: `CASE WHEN m.measure <> 'ngr' THEN ${localHourSql('m.at', 'CAST(:zone AS text)')} END`,
  weekday: 'extract(isodow FROM m.day)::text',
  scenario: 's.scenario_id::text',
} as const;
export type ValueGrouping = keyof typeof KEYS;

export type ValueQuestion = {
  readonly workspaceId: WorkspaceId;
  /** Calendar days of the time zone, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly measures: readonly Measure[];
  readonly groupBy: ValueGrouping;
  readonly reporting: Currency;
  readonly campaignId?: CampaignId | undefined;
  readonly partnerId?: PartnerId | undefined;
};

/** Facts of one group that share a measure, a currency and a rate. A key of null: they belong to no group. */
export type GroupedMeasured = { readonly key: string | null; readonly measured: Measured };

type Row = {
  key: string | null;
  measure: Measure;
  currency: Currency | null;
  from_currency: Currency | null;
  to_currency: Currency | null;
  rate: string | null;
  rate_source: string | null;
  rated_at: Date | null;
  count_ppm: string;
  first_ppm: string | null;
  valuable_ppm: string | null;
  valuable_first_ppm: string | null;
  amount: string | null;
  subjects: bigint;
};

/**
 * What a workspace's facts add up to in a range of days, per group. Read from the facts and conversions as they stand
 * now, so what was taken back or restated is right at once. A scenario is no partition: a fact that two of them cover is
 * in both groups.
 */
export async function readValueTallies(db: Db, question: ValueQuestion): Promise<GroupedMeasured[]> {
  const scenarios =
    question.groupBy === 'scenario'
      ? `LEFT JOIN scenarios AS s ON s.workspace_id = :workspace
         AND ${scenarioCoversSql('s', `coalesce(${localDaySql('m.at', 's.time_zone')}, m.day)`)}`
      : '';
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT ${KEYS[question.groupBy]} AS key, m.measure, m.currency, r.from_currency, r.to_currency, r.rate::text,
       r.source AS rate_source, r.rated_at, sum(m.ppm) AS count_ppm,
       sum(m.ppm) FILTER (WHERE m.is_first) AS first_ppm,
       sum(m.ppm) FILTER (WHERE m.is_valuable) AS valuable_ppm,
       sum(m.ppm) FILTER (WHERE m.is_first AND m.is_valuable) AS valuable_first_ppm,
       sum(m.amount) AS amount, count(DISTINCT m.subject) FILTER (WHERE m.amount IS NOT NULL) AS subjects
     FROM (${valueFactsSql(question.measures)}) AS m
     ${scenarios}
     ${rateInForceSql({ from: 'm.currency', to: 'CAST(:reporting AS text)', at: 'm.rated_at' })}
     WHERE (CAST(:campaign AS uuid) IS NULL OR m.campaign_id = :campaign)
       AND (CAST(:partner AS uuid) IS NULL OR m.partner_id = :partner)
     GROUP BY 1, 2, 3, 4, 5, r.rate, 7, 8
     ORDER BY 1, 2, 3, 8`,
    {
      workspace: uuidFromId(question.workspaceId),
      from: question.fromDay,
      to: question.toDay,
      zone: question.timeZone,
      reporting: question.reporting,
      campaign: nullableUuid(question.campaignId),
      partner: nullableUuid(question.partnerId),
    },
  );
  return rows
    .filter(({ measure }) => question.measures.includes(measure))
    .map((row) => ({ key: row.key, measured: toMeasured(row) }));
}

function toMeasured(row: Row): Measured {
  const { currency, amount } = row;
  return {
    measure: row.measure,
    countPpm: BigInt(row.count_ppm),
    firstPpm: BigInt(row.first_ppm ?? 0),
    valuablePpm: BigInt(row.valuable_ppm ?? 0),
    valuableFirstPpm: BigInt(row.valuable_first_ppm ?? 0),
    amounts:
      currency === null || amount === null
        ? null
        : { currency, amountMinor: BigInt(amount), rate: rateOf(row), count: Number(row.subjects) },
  };
}

function rateOf(row: Row): FxRate | null {
  const { from_currency: from, to_currency: to, rate, rate_source: source, rated_at: ratedAt } = row;
  if (from === null || to === null || rate === null || source === null || ratedAt === null) return null;
  return { from, to, rate, source, ratedAtMs: ratedAt.getTime() };
}
