import { setTimeout as sleep } from 'node:timers/promises';
import type { Shot } from './open-loop';
import type { PostbackSink } from './postback-sink';

const ARRIVE_WITHIN_MS = 60_000;

/** Waits until the postback of every acknowledged deposit has arrived, or the time is up. */
export async function untilArrived(
  sink: PostbackSink,
  shots: readonly Shot<unknown>[],
  clickIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const givingUpAtMs = performance.now() + ARRIVE_WITHIN_MS;
  const due = shots.filter(({ result }) => result.ok).map(({ index }) => clickIds[index] ?? '');
  while (due.some((clickId) => !sink.arrivals.has(clickId)) && performance.now() < givingUpAtMs) {
    await sleep(100, undefined, { signal });
  }
}
