import { RESULT_METRICS } from '../stores/result-rollup';
import { groupKeySql, largestGroupsSql } from './largest-groups';
import { localDaySql, localHourSql } from './scenario-cover';

const ZONE = 'CAST(:zone AS text)';

/** By what an overview may be grouped, and how a row `r` of a rollup says where it belongs. */
const KEYS = {
  all: 'NULL::text',
  campaign: 'r.campaign_id::text',
  partner: 'r.partner_id::text',
  country: groupKeySql('r.country'),
  device: 'r.device',
  day: `${localDaySql('r.at', ZONE)}::text`,
  hour: localHourSql('r.at', ZONE),
} as const;
export type OverviewGrouping = keyof typeof KEYS;

/** What rows are added up by before they are told where they belong: a zone is asked once per hour, not once per row. */
const STEMS: Readonly<Record<OverviewGrouping, string>> = {
  all: '',
  campaign: 'campaign_id,',
  partner: 'partner_id,',
  country: 'country,',
  device: 'device,',
  day: 'at,',
  hour: 'at,',
};

const FILTERED = `(CAST(:campaign AS uuid) IS NULL OR r.campaign_id = :campaign)
  AND (CAST(:partner AS uuid) IS NULL OR r.partner_id = :partner)`;

/** Moments and keys are bound as they are: computed in the statement they would be computed for every row. */
const at = (name: string) => `CAST(:${name} AS timestamptz)`;
const id = (name: string) => `CAST(:${name} AS uuid)`;

/** Rows of every part of the range, each moment in exactly one: whole hours, quarters, and what is not counted yet. */
const TRAFFIC = `
  SELECT r.hour_at AS at, r.campaign_id, r.partner_id, r.device, r.clicks, r.impressions
  FROM traffic_hours AS r
  WHERE r.workspace_id = :workspace AND r.hour_at >= ${at('fromAt')} AND r.hour_at < ${at('quartersFrom')} AND ${FILTERED}
  UNION ALL
  SELECT r.quarter_at, r.campaign_id, r.partner_id, r.device, r.clicks, r.impressions
  FROM traffic_quarters AS r
  WHERE r.workspace_id = :workspace AND r.quarter_at >= ${at('quartersFrom')} AND r.quarter_at < ${at('toAt')} AND ${FILTERED}
  UNION ALL
  SELECT quarter_of(r.clicked_at), r.campaign_id, r.partner_id, r.device, count(*), 0
  FROM clicks AS r
  WHERE r.click_id >= ${id('liveFrom')} AND r.click_id < ${id('toUuid')}
    AND r.workspace_id = :workspace AND r.clicked_at >= ${at('liveFromAt')} AND r.clicked_at < ${at('toAt')}
    AND NOT r.is_test AND ${FILTERED}
  GROUP BY 1, 2, 3, 4
  UNION ALL
  SELECT quarter_of(r.shown_at), r.campaign_id, r.partner_id, r.device, 0, count(*)
  FROM impressions AS r
  WHERE r.impression_id >= ${id('liveFrom')} AND r.impression_id < ${id('toUuid')}
    AND r.workspace_id = :workspace AND r.shown_at >= ${at('liveFromAt')} AND r.shown_at < ${at('toAt')} AND ${FILTERED}
  GROUP BY 1, 2, 3, 4`;

/** Which rollup of results a question reads. */
export type ResultRollup = 'quarters' | 'hours_by_campaign' | 'hours_by_country' | 'hours_by_device';

/**
 * Whole hours where they can tell the range; they know country and device only apart from campaign and partner. Quarters
 * know everything together, and are nearly as many as there are conversions.
 */
export function resultRollup(
  groupBy: OverviewGrouping,
  range: { readonly isWholeHours: boolean; readonly isFiltered: boolean },
): ResultRollup {
  if (!range.isWholeHours) return 'quarters';
  if (groupBy !== 'country' && groupBy !== 'device') return 'hours_by_campaign';
  return range.isFiltered ? 'quarters' : `hours_by_${groupBy}`;
}

const RESULTS: Readonly<Record<ResultRollup, string>> = {
  quarters: `SELECT r.quarter_at AS at, r.* FROM result_quarters AS r
    WHERE r.workspace_id = :workspace AND r.quarter_at >= ${at('fromAt')} AND r.quarter_at < ${at('toAt')} AND ${FILTERED}`,
  hours_by_campaign: resultHours('campaign'),
  hours_by_country: resultHours('country'),
  hours_by_device: resultHours('device'),
};

function resultHours(dimension: 'campaign' | 'country' | 'device'): string {
  return `SELECT r.hour_at AS at, r.value AS country, r.value AS device, r.* FROM result_hours AS r
    WHERE r.workspace_id = :workspace AND r.dimension = '${dimension}'
      AND r.hour_at >= ${at('fromAt')} AND r.hour_at < ${at('toAt')} AND ${FILTERED}`;
}

const TRAFFIC_METRICS = ['clicks', 'impressions'] as const;
export const OVERVIEW_METRICS = [...TRAFFIC_METRICS, ...RESULT_METRICS] as const;

/** These are few, and told in the order of their keys. */
const FEW: ReadonlySet<OverviewGrouping> = new Set(['all', 'day', 'hour', 'device']);
const SIZES = ['deposits_ppm', 'registrations_ppm', 'clicks', 'impressions'];

/** SQL: traffic and what conversions are worth, per group and currency. Binds what overviewBindings gives. */
export function overviewSql(groupBy: OverviewGrouping, rollup: ResultRollup): string {
  const none = (metrics: readonly string[]) => metrics.map((metric) => `0 AS ${metric}`).join(', ');
  const traffic = grouped(
    groupBy,
    `SELECT t.*, NULL::text AS country, NULL::text AS currency, ${none(RESULT_METRICS)} FROM (${TRAFFIC}) AS t`,
  );
  const results = grouped(groupBy, `SELECT r.*, ${none(TRAFFIC_METRICS)} FROM (${RESULTS[rollup]}) AS r`);
  return largestGroupsSql({
    rows: `${traffic} UNION ALL ${results}`,
    beside: ['currency'],
    metrics: OVERVIEW_METRICS,
    sizes: FEW.has(groupBy) ? [] : SIZES,
  });
}

function grouped(groupBy: OverviewGrouping, rows: string): string {
  const sums = OVERVIEW_METRICS.map((metric) => `coalesce(sum(${metric}), 0) AS ${metric}`).join(', ');
  return `SELECT ${KEYS[groupBy]} AS key, currency, ${sums} FROM (
      SELECT ${STEMS[groupBy]} currency, ${sums} FROM (${rows}) AS every GROUP BY ${STEMS[groupBy]} currency
    ) AS r GROUP BY 1, 2`;
}
