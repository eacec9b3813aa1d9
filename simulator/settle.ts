import { setTimeout as sleep } from 'node:timers/promises';

export type Settled<Look> = {
  look: Look;
  /** What is missing still, in words; empty when all is there and at rest. */
  missing: readonly string[];
  tookMs: number;
};

export type SettleOptions<Look> = {
  look(): Promise<Look>;
  /** What a look does not show yet. */
  missing(look: Look): readonly string[];
  signal: AbortSignal;
  withinMs: number;
  onProgress(text: string): void;
};

const PAUSE_MS = 100;
/** Effects follow each other within milliseconds, so that what has not moved for this long is at rest. */
const QUIET_MS = 400;

/** Looks until nothing is missing and nothing has moved for a moment; at most `withinMs`. */
export async function settle<Look>(options: SettleOptions<Look>): Promise<Settled<Look>> {
  const startedMs = performance.now();
  let shown = '';
  let movedAtMs = startedMs;
  for (;;) {
    const look = await options.look();
    const nowMs = performance.now();
    const now = JSON.stringify(look);
    if (now !== shown) movedAtMs = nowMs;
    shown = now;
    const missing = options.missing(look);
    const isAtRest = missing.length === 0 && nowMs - movedAtMs >= QUIET_MS;
    const tookMs = nowMs - startedMs;
    if (isAtRest || tookMs + PAUSE_MS > options.withinMs) return { look, missing, tookMs };
    options.onProgress(`waiting for ${missing[0] ?? 'the chain to come to rest'}`);
    await sleep(PAUSE_MS, undefined, { signal: options.signal });
  }
}
