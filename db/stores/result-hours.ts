import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import { RESULT_METRICS } from './result-metrics';

const KEY = ['dimension', 'hour_at', 'campaign_id', 'partner_id', 'value', 'currency'];
const of = (alias: string, columns: readonly string[]) =>
  columns.map((column) => `${alias}.${column}`).join(', ');

/** Some hours of a workspace as their quarters stand now. Groups are compared as text, as those of quarters are. */
const WRITE = `
  WITH counted AS (
    SELECT h.at AS hour_at, q.campaign_id, q.partner_id, q.currency,
      CASE WHEN grouping(q.country) = 0 THEN 'country' WHEN grouping(q.device) = 0 THEN 'device' ELSE 'campaign' END AS dimension,
      CASE WHEN grouping(q.country) = 0 THEN q.country ELSE q.device END AS value,
      ${RESULT_METRICS.map((metric) => `sum(q.${metric}) AS ${metric}`).join(', ')}
    FROM unnest(CAST(:hours AS timestamptz[])) AS h (at)
    JOIN result_quarters AS q ON q.workspace_id = :workspace AND q.quarter_at >= h.at AND q.quarter_at < h.at + interval '1 hour'
    GROUP BY GROUPING SETS (
      (h.at, q.currency, q.campaign_id, q.partner_id), (h.at, q.currency, q.country), (h.at, q.currency, q.device))
  ), gone AS (
    DELETE FROM result_hours AS r
    WHERE r.workspace_id = :workspace AND r.dimension IN ('campaign', 'country', 'device')
      AND r.hour_at = ANY(CAST(:hours AS timestamptz[]))
      AND NOT EXISTS (SELECT 1 FROM counted AS c WHERE ROW(${of('c', KEY)})::text = ROW(${of('r', KEY)})::text)
  )
  INSERT INTO result_hours AS r (workspace_id, ${KEY.join(', ')}, ${RESULT_METRICS.join(', ')})
  SELECT CAST(:workspace AS uuid), ${of('c', KEY)}, ${of('c', RESULT_METRICS)} FROM counted AS c
  ON CONFLICT (workspace_id, ${KEY.join(', ')})
    DO UPDATE SET ${RESULT_METRICS.map((metric) => `${metric} = excluded.${metric}`).join(', ')}
    WHERE (${of('r', RESULT_METRICS)}) IS DISTINCT FROM (${of('excluded', RESULT_METRICS)})`;

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
