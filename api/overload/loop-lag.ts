import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const LOOK_EVERY_MS = 250;
const NS_PER_MS = 1e6;

/** Whether this process is behind with its work. */
export type LoopLag = {
  /** Begins to look; before that, as while a process starts, nothing is late. */
  start(): void;
  isLate(): boolean;
  /** Whether it begins to be behind: the moment to refuse those who send most. */
  isStrained(): boolean;
  stop(): void;
};

/**
 * Watches how late the event loop is on average over a quarter of a second, twice in a row: one long pause, such as a
 * garbage collection, is no overload. `maxLagMs` 0 never finds it late. It is strained from the first look at half the
 * limit on, a look before it can be late: so that an expensive sender is refused before everybody is.
 */
export function watchLoopLag(maxLagMs: number, onChange: (isLate: boolean, lagMs: number) => void): LoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const judge = lagJudge(maxLagMs);
  let isLate = false;
  let isStrained = false;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const lagMs = delays.mean / NS_PER_MS - RESOLUTION_MS;
    delays.reset();
    isStrained = isAtLeast(lagMs, maxLagMs / 2);
    const next = judge(lagMs);
    if (next !== isLate) onChange(next, lagMs);
    isLate = next;
  };
  return {
    start: () => {
      if (maxLagMs === 0) return;
      delays.enable();
      timer = setInterval(look, LOOK_EVERY_MS).unref();
    },
    isLate: () => isLate,
    isStrained: () => isStrained,
    stop: () => {
      clearInterval(timer);
      delays.disable();
    },
  };
}

/**
 * Late after two looks at the limit or above, and again in time at the first one below half of it: at the limit itself
 * the answer must not flicker, and who has recovered must not go on refusing.
 */
export function lagJudge(maxLagMs: number): (lagMs: number) => boolean {
  let looksAbove = 0;
  return (lagMs) => {
    const isAbove = isAtLeast(lagMs, looksAbove >= 2 ? maxLagMs / 2 : maxLagMs);
    looksAbove = isAbove ? Math.min(2, looksAbove + 1) : 0;
    return looksAbove >= 2;
  };
}

/** The mean of no sample is none: the loop has not turned since the last look, which is as late as can be. */
function isAtLeast(lagMs: number, limitMs: number): boolean {
  return Number.isNaN(lagMs) || lagMs >= limitMs;
}
