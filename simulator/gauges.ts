/** The gauges that say whether work is left anywhere on the instance. */
export const BACKLOG_GAUGES = ['clickchain_outbox_depth', 'clickchain_events_unhandled'] as const;

/** The sum of a metric's series in Prometheus text, or null when it is not exposed. */
export function gaugeValue(metrics: string, name: string): number | null {
  const values = metrics.split('\n').flatMap((line) => {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?\s+(\S+)/.exec(line);
    return match?.[1] === name ? [Number(match[2])] : [];
  });
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
