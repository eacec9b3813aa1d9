import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import { RESULT_METRICS, replaceResultsSql } from './result-rollup';

/** Some hours of a workspace as their quarters stand now. */
const WRITE = replaceResultsSql({
  table: 'result_hours',
  key: ['dimension', 'hour_at', 'campaign_id', 'partner_id', 'value', 'currency'],
  counting: `counted AS (
    SELECT h.at AS hour_at, q.campaign_id, q.partner_id, q.currency,
      CASE WHEN grouping(q.country) = 0 THEN 'country' WHEN grouping(q.device) = 0 THEN 'device' ELSE 'campaign' END AS dimension,
      CASE WHEN grouping(q.country) = 0 THEN q.country ELSE q.device END AS value,
      ${RESULT_METRICS.map((metric) => `sum(q.${metric}) AS ${metric}`).join(', ')}
    FROM unnest(CAST(:hours AS timestamptz[])) AS h (at)
    JOIN result_quarters AS q ON q.workspace_id = :workspace AND q.quarter_at >= h.at AND q.quarter_at < h.at + interval '1 hour'
    GROUP BY GROUPING SETS (
      (h.at, q.currency, q.campaign_id, q.partner_id), (h.at, q.currency, q.country), (h.at, q.currency, q.device))
  )`,
  scope: `r.dimension IN ('campaign', 'country', 'device') AND r.hour_at = ANY(CAST(:hours AS timestamptz[]))`,
});

/** Adds up the hours of these quarters anew, in the transaction that wrote the quarters: they never differ. */
export async function writeResultHours(
  trx: Db,
  workspaceUuid: string,
  quarters: readonly number[],
): Promise<void> {
  const hours = new Set(quarters.map((ms) => ms - (ms % HOUR_MS)));
  await trx.raw(WRITE, {
    workspace: workspaceUuid,
    hours: [...hours].map((ms) => new Date(ms).toISOString()),
  });
}
