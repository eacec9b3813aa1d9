/**
 * SQL: the NGR reports that stand, as (event_id, player_id, amount_minor, currency, at): of each player, period and
 * currency the latest by its own time, as the domain's playerValues has it. A report belongs to the moment in the middle
 * of its period, so that a month of UTC is the same month in every time zone. Only players whose settled value has any
 * NGR are looked at: that of players who are only a test is none. Binds :workspace.
 */
export function standingNgrSql(fromAt: string, toAt: string): string {
  return `SELECT g.event_id, g.player_id, g.amount_minor, g.currency, g.at FROM (
      SELECT DISTINCT ON (e.player_id, e.period_from, e.period_to, e.currency) e.event_id, e.player_id, e.amount_minor,
        e.currency, to_timestamp((extract(epoch FROM e.period_from) + extract(epoch FROM e.period_to)) / 2) AS at
      FROM events AS e
      JOIN verdicts AS v ON v.subject_kind = 'event' AND v.subject_id = e.event_id AND v.outcome <> 'block'
      JOIN customer_ltv AS l ON l.player_id = e.player_id AND l.currency = e.currency AND l.ngr_total_minor IS NOT NULL
      LEFT JOIN quarantine AS q ON q.event_id = e.event_id
      WHERE e.workspace_id = :workspace AND e.kind = 'ngr' AND NOT e.is_test
        AND e.period_to > ${fromAt} AND e.period_from < ${toAt} AND (q.event_id IS NULL OR q.released_at IS NOT NULL)
      ORDER BY e.player_id, e.period_from, e.period_to, e.currency, e.occurred_at DESC,
        e.transaction_key COLLATE "C" DESC, e.sender_event_id COLLATE "C" DESC
    ) AS g WHERE g.at >= ${fromAt} AND g.at < ${toAt}`;
}
