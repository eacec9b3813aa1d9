import { setTimeout as sleep } from 'node:timers/promises';
import type { Look } from './look';
import type { Expected } from './story';

export type Settled = {
  look: Look;
  /** What was expected and is not shown yet; empty when the chain is at rest. */
  missing: Expected[];
  tookMs: number;
};

export type SettleOptions = {
  look(): Promise<Look>;
  expected: readonly Expected[];
  signal: AbortSignal;
  withinMs: number;
  onProgress(text: string): void;
};

const PAUSE_MS = 100;
/** Effects follow each other within milliseconds, so that what has not moved for this long is at rest. */
const QUIET_MS = 400;

/**
 * Looks until all that is expected is shown, no postback is under way and nothing has moved for a moment; at most
 * `withinMs`.
 */
export async function settle(options: SettleOptions): Promise<Settled> {
  const startedMs = performance.now();
  let shown = '';
  let movedAtMs = startedMs;
  for (;;) {
    const look = await options.look();
    const nowMs = performance.now();
    const now = JSON.stringify(look);
    if (now !== shown) movedAtMs = nowMs;
    shown = now;
    const missing = [...options.expected.filter((one) => !one.isShown(look)), ...underWay(look)];
    const isAtRest = missing.length === 0 && nowMs - movedAtMs >= QUIET_MS;
    const tookMs = nowMs - startedMs;
    if (isAtRest || tookMs + PAUSE_MS > options.withinMs) return { look, missing, tookMs };
    options.onProgress(`waiting for ${missing[0]?.what ?? 'the chain to come to rest'}`);
    await sleep(PAUSE_MS, undefined, { signal: options.signal });
  }
}

function underWay({ postbacks }: Look): Expected[] {
  return postbacks
    .filter(({ status }) => status === 'pending')
    .map(({ event, postbackId }) => ({
      what: `the ${event} postback ${postbackId}`,
      isShown: (look) =>
        look.postbacks.some((one) => one.postbackId === postbackId && one.status !== 'pending'),
    }));
}
