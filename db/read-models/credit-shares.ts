/**
 * SQL: joins the touches that a conversion `n` is credited to, as rows `t` of (weight_ppm, credited_minor, upto_ppm,
 * campaign_id, partner_id, utm, device); one row of nulls when nobody is. Ids of clicks and impressions never meet, so the kind
 * of a touch need not be asked.
 */
export const CREDITS_OF_N = `LEFT JOIN LATERAL (
    SELECT a.weight_ppm, a.amount_minor AS credited_minor,
      sum(a.weight_ppm) OVER (ORDER BY a.touch_kind, a.touch_id) AS upto_ppm,
      coalesce(k.campaign_id, i.campaign_id) AS campaign_id, a.partner_id, k.utm,
      coalesce(k.device, i.device) AS device
    FROM attribution_credits AS a
    LEFT JOIN clicks AS k ON k.click_id = a.touch_id
    LEFT JOIN impressions AS i ON i.impression_id = a.touch_id
    WHERE a.conversion_id = n.conversion_id
  ) AS t ON true`;

/** SQL: how much of a conversion belongs to touch `t`, in parts per million: all of it when nobody is credited. */
export const WEIGHT_OF_T = 'coalesce(t.weight_ppm, 1000000)';

/**
 * SQL: the part of an amount that belongs to touch `t`. The parts are differences of one growing sum, so they add up to
 * the amount to the minor unit, whatever the weights.
 */
export function shareOfT(amount: string): string {
  const upTo = (ppm: string) => `div((${amount})::numeric * ${ppm}, 1000000)`;
  return `CASE WHEN t.upto_ppm IS NULL THEN (${amount})::numeric
    ELSE ${upTo('t.upto_ppm')} - ${upTo('(t.upto_ppm - t.weight_ppm)')} END`;
}
