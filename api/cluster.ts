import cluster, { type Worker } from 'node:cluster';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { answerScrapes } from './cluster-metrics';

const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 10_000;
/** A process that has run this long was healthy: its next end is a new one. */
const HEALTHY_AFTER_MS = 30_000;
/** A little longer than requests in flight may take, and below the grace of the supervisor above. */
const STOP_WITHIN_MS = 9_000;

const SLOT_ARGUMENT = /^--process=(\d+)$/;

/** The number of this process among its siblings, from its arguments, where operators see it, too; null for one alone. */
export function slotOf(argv: readonly string[]): number | null {
  const slot = argv.map((argument) => SLOT_ARGUMENT.exec(argument)?.[1]).find((found) => found !== undefined);
  return slot === undefined ? null : Number(slot);
}

export type Supervision = {
  readonly processes: number;
  readonly logger: Logger;
  /** Resolves, with the reason, when everything is to stop. */
  readonly stopped: Promise<string>;
};

/**
 * Forks the serving processes and keeps them running; one that ends is started again, at once at first and ever more
 * slowly while it keeps ending. Resolves once all have stopped. Rejects when one ends before any of them has served:
 * what keeps the first from starting, such as a port that is taken, keeps the others, too.
 *
 * All processes accept from one socket. Node's default is that the supervisor accepts and deals the connections in turn,
 * but what it has dealt to a process that is killed before taking it hangs for ever; here such a connection stays in the
 * queue of the socket for the others. Under load the shares are even, because who is busy accepts less.
 */
export async function supervise({ processes, logger, stopped }: Supervision): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // oxlint-disable-next-line no-new -- it listens to the processes, and counts the requests of each key for all of them
  new RateLimiterClusterMaster();
  answerScrapes(logger);
  const stopping = new AbortController();
  const shared: Shared = { logger, stopping: stopping.signal, hasServed: false };
  const slots = Array.from({ length: processes }, (_, index) => new Slot(index + 1, shared));
  const running = slots.map((slot) => slot.keepRunning());
  const broken = Promise.race(running.map((loop) => loop.then(() => stopped)));
  logger.info({ processes }, 'api supervises');
  try {
    const event = await Promise.race([stopped, broken]);
    logger.info({ event }, 'api stops');
  } finally {
    stopping.abort();
    await Promise.all(slots.map((slot) => slot.stop()));
    await Promise.allSettled(running);
  }
}

/** What the places have in common. */
type Shared = {
  readonly logger: Logger;
  readonly stopping: AbortSignal;
  /** Whether any process has ever served. */
  hasServed: boolean;
};

/** One place among the serving processes, whoever fills it now. */
class Slot {
  private worker: Worker | null = null;

  constructor(
    private readonly number: number,
    private readonly shared: Shared,
  ) {}

  async keepRunning(): Promise<void> {
    const { logger, stopping } = this.shared;
    let delayMs = FIRST_RESTART_MS;
    while (!stopping.aborted) {
      const startedAt = performance.now();
      const reason = await this.runOnce();
      if (stopping.aborted) return;
      if (!this.shared.hasServed) throw new Error(`an API process ended before it served: ${reason}`);
      if (performance.now() - startedAt > HEALTHY_AFTER_MS) delayMs = FIRST_RESTART_MS;
      logger.error({ slot: this.number, reason, delayMs }, 'an API process ended, starting it again');
      await pause(delayMs, undefined, { signal: stopping }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, LONGEST_RESTART_MS);
    }
  }

  /** Asks its process to finish what it has begun, and ends it by force in the end. */
  async stop(): Promise<void> {
    const { worker } = this;
    if (worker === null) return;
    const ended = new Promise((resolve) => {
      worker.process.once('exit', resolve);
    });
    // Not worker.kill(), which would close the channel first, and with it the process before it has answered.
    worker.process.kill('SIGTERM');
    const force = setTimeout(() => worker.process.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(force);
  }

  private runOnce(): Promise<string> {
    // The arguments of this process are kept: they say whose it is.
    cluster.setupPrimary({ args: [...process.argv.slice(2), `--process=${this.number}`] });
    const worker = cluster.fork();
    this.worker = worker;
    worker.once('listening', () => {
      this.shared.hasServed = true;
    });
    return new Promise((resolve) => {
      const ended = (reason: string): void => {
        this.worker = null;
        resolve(reason);
      };
      worker.process.once('error', (error) => ended(error.message));
      worker.process.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
  }
}
