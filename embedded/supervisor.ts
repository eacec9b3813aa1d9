import type { ExitReason } from './child-exit';
import type { Reporter } from './progress';
import { quietly } from './quietly';

export interface RunningUnit {
  readonly pid: number;
  readonly exited: Promise<ExitReason>;
  /** Asks it to end and waits; ends it by force in the end. Harmless when it has ended. */
  stop(): Promise<void>;
}

export interface UnitSpec {
  readonly name: string;
  start(): Promise<RunningUnit>;
}

export interface Supervisor {
  /** Starts the unit for the first time and keeps it running from then on. Rejects when the first start fails. */
  start(spec: UnitSpec): Promise<RunningUnit>;
  /** Ends the running unit; it is started again like after a crash. */
  restart(name: string): Promise<void>;
  /** Null while a unit is down. */
  pids(): Readonly<Record<string, number | null>>;
  /** Stops all units, the last started first. Repeated calls wait for the same end. */
  stop(): Promise<void>;
  /** Kills all units at once, without waiting. */
  kill(): void;
}

export interface SupervisorOptions {
  readonly reporter: Pick<Reporter, 'line'>;
  /** Called after each change of a pid. */
  readonly onChange?: () => void;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
}

interface Supervised {
  readonly spec: UnitSpec;
  running: RunningUnit | null;
  loop: Promise<void>;
}

/** How a unit is kept running. */
interface Care {
  readonly reporter: Pick<Reporter, 'line'>;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly stopping: AbortSignal;
  readonly changed: (unit: Supervised, running: RunningUnit | null) => void;
}

// A unit that has run this long was healthy: its next crash is a new one.
const healthyAfterMs = 30_000;

/** Restarts what ends, at once at first, and ever more slowly (up to 10 s) while it keeps ending. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { firstDelayMs = 500, maxDelayMs = 10_000 } = options;
  const reporter = { line: (text: string) => quietly(() => options.reporter.line(text)) };
  const units: Supervised[] = [];
  const starting = new Set<Promise<RunningUnit>>();
  const stopping = new AbortController();
  let stopped: Promise<void> | null = null;

  function changed(unit: Supervised, running: RunningUnit | null): void {
    unit.running = running;
    // Whoever is told may fail at it, such as at a full disk; the unit has to run all the same.
    quietly(() => options.onChange?.());
  }

  async function begin(spec: UnitSpec): Promise<RunningUnit> {
    const running = await spec.start();
    const unit: Supervised = { spec, running: null, loop: Promise.resolve() };
    units.push(unit);
    changed(unit, running);
    unit.loop = keepRunning(unit, { reporter, firstDelayMs, maxDelayMs, stopping: stopping.signal, changed });
    return running;
  }

  async function stopAll(): Promise<void> {
    stopping.abort();
    // What is just being started would otherwise outlive us.
    await Promise.allSettled(starting);
    for (const unit of [...units].reverse()) {
      await unit.running?.stop();
      await unit.loop;
    }
  }

  return {
    async start(spec) {
      const begun = begin(spec);
      starting.add(begun);
      try {
        return await begun;
      } finally {
        starting.delete(begun);
      }
    },
    restart: async (name) => units.find((unit) => unit.spec.name === name)?.running?.stop(),
    pids: () => Object.fromEntries(units.map((unit) => [unit.spec.name, unit.running?.pid ?? null])),
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    kill() {
      stopping.abort();
      for (const { running } of units) if (running !== null) tryKill(running.pid);
    },
  };
}

async function keepRunning(unit: Supervised, care: Care): Promise<void> {
  const { reporter, firstDelayMs, maxDelayMs, stopping, changed } = care;
  let delayMs = firstDelayMs;
  let startedAt = Date.now();
  for (;;) {
    const reason = unit.running === null ? 'it did not start' : await unit.running.exited;
    changed(unit, null);
    if (stopping.aborted) return;
    if (Date.now() - startedAt > healthyAfterMs) delayMs = firstDelayMs;
    reporter.line(`${unit.spec.name} ended (${reason}); starting it again in ${delayMs / 1000} s`);
    await pause(delayMs, stopping);
    if (stopping.aborted) return;
    delayMs = Math.min(delayMs * 2, maxDelayMs);
    startedAt = Date.now();
    const running = await startAgain(unit.spec, reporter);
    changed(unit, running);
    // Stopping began while it was starting: nobody else knows of this process.
    if (running !== null && stopping.aborted) await running.stop();
  }
}

async function startAgain(spec: UnitSpec, reporter: Care['reporter']): Promise<RunningUnit | null> {
  try {
    const running = await spec.start();
    reporter.line(`${spec.name} runs again (pid ${running.pid})`);
    return running;
  } catch (error) {
    reporter.line(`${spec.name}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
