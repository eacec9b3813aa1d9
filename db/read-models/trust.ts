/** SQL: how far the one is known who reported the event that stands for this conversion; null without a conversion. */
export function trustOfConversionSql(conversionId: string): string {
  return `(SELECT told.trust FROM conversions AS held JOIN events AS told ON told.event_id = held.event_id
    WHERE held.conversion_id = ${conversionId})`;
}

/**
 * SQL: whether a conversion was reported by somebody who is known, so that it may count in a report. What anybody can
 * make up must not weigh there, since goals are reached and partners are judged by it. Public events name no player, so
 * only conversions without one are looked up.
 */
export function isProvenSql(conversion: string): string {
  return `(${conversion}.player_id IS NOT NULL OR EXISTS (
    SELECT FROM events AS told WHERE told.event_id = ${conversion}.event_id AND told.trust <> 'public'))`;
}
