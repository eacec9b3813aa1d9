import { setTimeout as sleep } from 'node:timers/promises';
import { gaugeValue } from '../../simulator/gauges';
import type { MeasuredInstance } from '../section';

const GAUGES = [
  'clickchain_outbox_depth',
  'clickchain_events_unhandled',
  'clickchain_postbacks_pending',
] as const;
/** The gauges are not read anew for every question, and one step may end before the next one begins. */
const AT_REST_FOR_MS = 4_000;

/** Waits until nothing is left to do on the instance. Throws when that takes longer than `withinMs`. */
export async function untilAtRest(
  { api }: Pick<MeasuredInstance, 'api'>,
  signal: AbortSignal,
  withinMs = 300_000,
): Promise<void> {
  const givingUpAtMs = performance.now() + withinMs;
  let restingSinceMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const metrics = (await api.text('/metrics')) ?? '';
    const nowMs = performance.now();
    const busy = GAUGES.filter((name) => (gaugeValue(metrics, name) ?? 0) > 0);
    restingSinceMs = busy.length > 0 ? Number.POSITIVE_INFINITY : Math.min(restingSinceMs, nowMs);
    if (nowMs - restingSinceMs >= AT_REST_FOR_MS) return;
    if (nowMs > givingUpAtMs) throw new Error(`The instance is not at rest: ${busy.join(', ')}.`);
    await sleep(500, undefined, { signal });
  }
}
