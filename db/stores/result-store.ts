import { QUARTER_MS } from '../../domain/rollup/next-step';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import { conversionFactsSql } from '../read-models/value-facts';
import { writeResultHours } from './result-hours';
import { replaceResultsSql } from './result-rollup';
import { takeProgress } from './traffic-store';

/** Marks that are worked off in one transaction, and quarters that one statement writes. */
const MARKS_MAX = 5_000;
const QUARTERS_MAX = 100;

const CONVERSIONS = `(SELECT x.* FROM unnest(CAST(:quarters AS timestamptz[])) AS q (at)
  JOIN conversions AS x ON x.workspace_id = :workspace AND x.occurred_at >= q.at
    AND x.occurred_at < q.at + interval '15 minutes')`;

/** SQL: clicks that the rules blocked or doubt, as facts of the time of the click. */
const DOUBTED = `
  SELECT CASE v.outcome WHEN 'block' THEN 'blocked_click' ELSE 'review_click' END AS measure, c.clicked_at AS at,
    c.campaign_id, c.partner_id, c.device
  FROM unnest(CAST(:fromUuids AS uuid[]), CAST(:toUuids AS uuid[])) AS q (from_id, to_id)
  JOIN verdicts AS v ON v.workspace_id = :workspace AND v.subject_kind = 'click' AND v.outcome <> 'allow'
    AND v.subject_id >= q.from_id AND v.subject_id < q.to_id
  JOIN clicks AS c ON c.click_id = v.subject_id AND NOT c.is_test`;

const DIMENSIONS = ['campaign_id', 'partner_id', 'country', 'device', 'currency'];
const sumOf = (column: string, condition: string) =>
  `coalesce(sum(${column}) FILTER (WHERE ${condition}), 0)`;

/** Some quarters of a workspace as they stand now. */
const WRITE = replaceResultsSql({
  table: 'result_quarters',
  key: ['quarter_at', ...DIMENSIONS],
  counting: `facts AS (
    SELECT quarter_of(m.at) AS quarter_at, m.campaign_id, m.partner_id, m.country, m.device,
      CASE WHEN m.amount IS NOT NULL THEN m.currency END AS currency, m.measure, m.ppm, m.is_first, m.amount
    FROM (${conversionFactsSql(CONVERSIONS)}) AS m
    UNION ALL
    SELECT quarter_of(d.at), d.campaign_id, d.partner_id, NULL, d.device, NULL, d.measure, 0, false, NULL
    FROM (${DOUBTED}) AS d
  ), counted AS (
    SELECT quarter_at, ${DIMENSIONS.join(', ')},
      count(*) FILTER (WHERE measure = 'blocked_click') AS blocked_clicks,
      count(*) FILTER (WHERE measure = 'review_click') AS review_clicks,
      ${sumOf('ppm', `measure = 'install'`)} AS installs_ppm,
      ${sumOf('ppm', `measure = 'registration'`)} AS registrations_ppm,
      ${sumOf('ppm', `measure = 'deposit'`)} AS deposits_ppm,
      ${sumOf('ppm', `measure = 'deposit' AND is_first`)} AS first_deposits_ppm,
      ${sumOf('amount', `measure = 'deposit'`)} AS deposit_minor,
      ${sumOf('amount', `measure IN ('cpa_commission', 'other_commission')`)} AS commission_minor
    FROM facts GROUP BY quarter_at, ${DIMENSIONS.join(', ')}
  )`,
  scope: 'r.quarter_at = ANY(CAST(:quarters AS timestamptz[]))',
});

/**
 * Writes the results of marked quarters anew, from the conversions as they stand; says how many marks that took. A change
 * that commits meanwhile has a mark of its own, which the next call takes. Nothing while another process has its turn.
 */
export async function writeResults(db: Db): Promise<number> {
  return db.transaction(async (trx) => {
    if ((await takeProgress(trx)) === null) return 0;
    const { rows } = await trx.raw<{ rows: { workspace_id: string; quarter_at: Date }[] }>(
      `DELETE FROM result_marks WHERE mark_id = ANY(ARRAY(SELECT mark_id FROM result_marks ORDER BY mark_id LIMIT ?))
       RETURNING workspace_id, quarter_at`,
      [MARKS_MAX],
    );
    const marked = new Map<string, Set<number>>();
    for (const { workspace_id: workspace, quarter_at: at } of rows) {
      marked.set(workspace, (marked.get(workspace) ?? new Set<number>()).add(at.getTime()));
    }
    for (const [workspace, quarters] of marked) await writeQuarters(trx, workspace, [...quarters]);
    return rows.length;
  });
}

async function writeQuarters(trx: Db, workspace: string, quarters: readonly number[]): Promise<void> {
  for (let start = 0; start < quarters.length; start += QUARTERS_MAX) {
    const some = quarters.slice(start, start + QUARTERS_MAX);
    await trx.raw(WRITE, {
      workspace,
      quarters: some.map((ms) => new Date(ms).toISOString()),
      fromUuids: some.map(lowestUuidAt),
      toUuids: some.map((ms) => lowestUuidAt(ms + QUARTER_MS)),
    });
    await writeResultHours(trx, workspace, some);
  }
}
