import { localDaySql, localHourSql } from './scenario-cover';

const ZONE = 'CAST(:zone AS text)';

/** By what an overview may be grouped, and how a row `r` of a rollup says where it belongs. */
const KEYS = {
  all: 'NULL::text',
  campaign: 'r.campaign_id::text',
  partner: 'r.partner_id::text',
  country: 'r.country',
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
    AND r.workspace_id = :workspace AND NOT r.is_test AND ${FILTERED}
  GROUP BY 1, 2, 3, 4
  UNION ALL
  SELECT quarter_of(r.shown_at), r.campaign_id, r.partner_id, r.device, 0, count(*)
  FROM impressions AS r
  WHERE r.impression_id >= ${id('liveFrom')} AND r.impression_id < ${id('toUuid')}
    AND r.workspace_id = :workspace AND ${FILTERED}
  GROUP BY 1, 2, 3, 4`;

/** SQL: clicks and impressions per group. Binds what overviewBindings gives. */
export function trafficSql(groupBy: OverviewGrouping): string {
  return grouped(
    groupBy,
    `SELECT t.*, NULL::text AS country FROM (${TRAFFIC}) AS t`,
    ['clicks', 'impressions'],
    [],
  );
}

const RESULT_METRICS = [
  'blocked_clicks',
  'review_clicks',
  'installs_ppm',
  'registrations_ppm',
  'deposits_ppm',
  'first_deposits_ppm',
  'deposit_minor',
  'commission_minor',
] as const;

/** SQL: what conversions are worth per group and currency. Binds the same. */
export function resultSql(groupBy: OverviewGrouping): string {
  const rows = `SELECT r.quarter_at AS at, r.* FROM result_quarters AS r
    WHERE r.workspace_id = :workspace AND r.quarter_at >= ${at('fromAt')} AND r.quarter_at < ${at('toAt')} AND ${FILTERED}`;
  return grouped(groupBy, rows, RESULT_METRICS, ['currency']);
}

function grouped(
  groupBy: OverviewGrouping,
  rows: string,
  metrics: readonly string[],
  beside: readonly string[],
): string {
  const sums = metrics.map((metric) => `coalesce(sum(${metric}), 0) AS ${metric}`).join(', ');
  const columns = beside.map((column) => `${column}, `).join('');
  const groups = (first: string) => [first, ...beside].join(', ');
  return `WITH stems AS (
      SELECT ${STEMS[groupBy]} ${columns}${sums} FROM (${rows}) AS every
      GROUP BY ${groups(STEMS[groupBy].replace(',', '') || '()')}
    )
    SELECT ${KEYS[groupBy]} AS key, ${columns}${sums} FROM stems AS r GROUP BY ${groups('1')}`;
}
