import { setTimeout as sleep } from 'node:timers/promises';

/** One request of an open loop. Times are those of `performance.now()`. */
export type Shot<T> = {
  readonly index: number;
  /** When the schedule wanted it; waiting that a slow server causes is counted from here. */
  readonly intendedMs: number;
  /** When it was really sent; later than intended only when the generator itself was behind. */
  readonly sentMs: number;
  readonly doneMs: number;
  readonly result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };
};

export type OpenLoopOptions<T> = {
  readonly ratePerSecond: number;
  readonly count: number;
  fire(index: number): Promise<T>;
  /** Rejects. */
  readonly signal?: AbortSignal;
  /** Sends nothing more, and resolves with what was sent. */
  readonly stopEarly?: AbortSignal;
};

/**
 * Sends `count` requests on a fixed schedule, whether or not earlier ones have been answered, and resolves when all
 * have ended. A server that stalls thus makes requests wait instead of making the generator send fewer.
 */
export async function openLoop<T>(options: OpenLoopOptions<T>): Promise<Shot<T>[]> {
  const { ratePerSecond, count, fire, signal, stopEarly } = options;
  const startMs = performance.now();
  const underWay: Promise<Shot<T>>[] = [];
  for (let index = 0; index < count; index += 1) {
    const intendedMs = startMs + (index * 1_000) / ratePerSecond;
    await until(intendedMs, signal);
    if (stopEarly?.aborted === true) break;
    underWay.push(shoot(index, intendedMs, fire));
  }
  return Promise.all(underWay);
}

async function shoot<T>(
  index: number,
  intendedMs: number,
  fire: (index: number) => Promise<T>,
): Promise<Shot<T>> {
  const sentMs = performance.now();
  const shot = { index, intendedMs, sentMs };
  try {
    const value = await fire(index);
    return { ...shot, doneMs: performance.now(), result: { ok: true, value } };
  } catch (error) {
    return { ...shot, doneMs: performance.now(), result: { ok: false, error } };
  }
}

/** Timers have a resolution of one millisecond and may ring a little early. */
async function until(atMs: number, signal: AbortSignal | undefined): Promise<void> {
  for (let leftMs = atMs - performance.now(); leftMs > 0; leftMs = atMs - performance.now()) {
    await sleep(Math.ceil(leftMs), undefined, signal === undefined ? {} : { signal });
  }
  signal?.throwIfAborted();
}
