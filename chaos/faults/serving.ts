import { until } from '../../testing/until';
import type { Traffic } from '../traffic/traffic';

/** Longer than the auditor would need to see it; what does not come within it is for him to find. */
const SERVED_WITHIN_MS = 60_000;

/** Waits, after something was mended, for a click and an event to be taken; the auditor judges whether they were. */
export async function expectBack(traffic: Traffic, fault: string): Promise<void> {
  const fromMs = Date.now();
  await untilServed(traffic, fromMs);
  traffic.log.spans.push({ fault, expects: 'comes_back', fromMs, toMs: Date.now() });
}

/** Does the work, at least until a click and an event are taken; the auditor judges whether most were. */
export async function expectGoesOn(
  traffic: Traffic,
  fault: string,
  work: (isOver: () => boolean) => Promise<void>,
  holdMs: number,
): Promise<void> {
  const fromMs = Date.now();
  let isOver = false;
  const working = work(() => isOver);
  try {
    await until('the end of the fault', async () => Date.now() - fromMs >= holdMs, holdMs + SERVED_WITHIN_MS);
    await untilServed(traffic, fromMs);
  } finally {
    traffic.log.spans.push({ fault, expects: 'goes_on', fromMs, toMs: Date.now() });
    isOver = true;
    await working;
  }
}

async function untilServed({ log }: Traffic, fromMs: number): Promise<void> {
  const isServed = async (): Promise<boolean> =>
    (['click', 'event'] as const).every((kind) =>
      log.served.some(({ what, atMs }) => what === kind && atMs >= fromMs),
    );
  // What is missing in the end is for the auditor to say.
  await until('a click and an event to be taken', isServed, SERVED_WITHIN_MS).catch(() => undefined);
}
