/** How samples spread, in ms. Each percentile is a sample itself (nearest rank), never an average of others. */
export type Spread = {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** Null without samples: nothing measured is not zero. */
export function spreadOf(samples: readonly number[]): Spread | null {
  const sorted = samples.toSorted((a, b) => a - b);
  const max = sorted.at(-1);
  if (max === undefined) return null;
  const rank = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? max;
  const shown = (value: number): number => Math.round(value * 10) / 10;
  return {
    count: sorted.length,
    p50: shown(rank(50)),
    p90: shown(rank(90)),
    p95: shown(rank(95)),
    p99: shown(rank(99)),
    max: shown(max),
  };
}
