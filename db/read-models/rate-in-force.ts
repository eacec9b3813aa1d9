/**
 * SQL: joins the rate between two currencies in force at a moment as `r`: the latest not after it, of the same moment
 * the direct one, as rateAt of the domain has it. One step of the unique index per direction. Binds :workspace.
 */
export function rateInForceSql({ from, to, at }: { from: string; to: string; at: string }): string {
  const latest = (a: string, b: string, isDirect: boolean) =>
    `(SELECT x.from_currency, x.to_currency, x.rate, x.source, x.rated_at, ${isDirect} AS is_direct FROM fx_rates AS x
      WHERE x.workspace_id = :workspace AND x.from_currency = ${a} AND x.to_currency = ${b} AND x.rated_at <= ${at}
      ORDER BY x.rated_at DESC LIMIT 1)`;
  return `LEFT JOIN LATERAL (
      SELECT y.* FROM (${latest(from, to, true)} UNION ALL ${latest(to, from, false)}) AS y
      WHERE ${from} <> ${to} ORDER BY y.rated_at DESC, y.is_direct DESC LIMIT 1
    ) AS r ON true`;
}
