import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { walk } from './interactive/walk';
import { createOutput, type Output } from './output';
import { createPlan } from './plan';
import { playAll } from './scenarios/play-all';
import type { Scenario } from './scenarios/scenario';
import { isReported, openSession, type Session } from './session';
import { setUp } from './setup';
import { chooseExample, summarize } from './summary';
import { checkTemporal } from './temporal-check';
import { driveTraffic } from './traffic';
import { verify } from './verify';

export type SimulationArguments = {
  /** All by itself and checked against a plan, step by step as a person chooses, or named scenarios. */
  mode: 'auto' | 'interactive' | 'scenarios';
  /** Of the mode that plays scenarios. */
  scenarios?: readonly Scenario[];
  /** Of the automatic mode. */
  clicks: number;
  seed: number;
  url?: string;
  adminKey?: string;
  dataDir: string;
};

export type SimulationOptions = {
  output?: Output;
  /** Where the person's choices come from, one per line; standard input unless given. */
  input?: Readable;
  /** Stops the run when it aborts; without it, the first SIGINT or SIGTERM does. */
  signal?: AbortSignal;
  /** How long everything may take to settle after the last event, in ms. */
  settleWithinMs?: number;
};

const EXIT = { asPlanned: 0, deviates: 1, interrupted: 130 } as const;
const SETTLE_WITHIN_MS = 60_000;
/** A restart of every server takes seconds; a sender who waits a minute loses nothing. */
const SENDER_PATIENCE_MS = 60_000;
/** A person who has just stopped a server wants to be told so, and can repeat the step. */
const WALK_SETTLE_WITHIN_MS = 15_000;
const WALK_PATIENCE_MS = 8_000;
/** A second attempt at a destination comes after six seconds; nothing takes longer on a healthy machine. */
const SCENARIO_WITHIN_MS = 30_000;

/**
 * Drives a run against a running instance: a planned one whose outcome is compared with the plan, a person's walk
 * through one player's chain, or scenarios whose outcome is compared with what each states. Answers the exit code: 0 when all is as planned, or the walk was ended; 1 when something
 * differs, stays pending or could not be done (with a sentence saying what and where); 130 when it was interrupted.
 */
export async function runSimulation(
  argv: SimulationArguments,
  options: SimulationOptions = {},
): Promise<number> {
  const output = options.output ?? createOutput(process.stdout);
  const stop = stopSignal(options.signal);
  const over = new AbortController();
  // Whoever is still waiting somewhere when the run fails must not keep the process alive.
  const signal = AbortSignal.any([stop.signal, over.signal]);
  setMaxListeners(0, signal);
  try {
    return await simulate(argv, options, output, signal);
  } catch (error) {
    output.stepDone();
    if (stop.signal.aborted) {
      output.line('Stopped. What was accepted so far goes on being processed; nothing was verified.');
      return EXIT.interrupted;
    }
    if (!isReported(error)) throw error;
    output.line(error.message);
    return EXIT.deviates;
  } finally {
    over.abort();
    stop.release();
  }
}

async function simulate(
  argv: SimulationArguments,
  options: SimulationOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const startedMs = performance.now();
  const isWalk = argv.mode === 'interactive';
  const patienceMs = isWalk ? WALK_PATIENCE_MS : SENDER_PATIENCE_MS;
  const opened = await openSession(argv, { signal, patienceMs });
  if (!opened.open) {
    output.line(opened.advice);
    return EXIT.deviates;
  }
  const { session } = opened;
  try {
    if (isWalk) {
      const settleWithinMs = options.settleWithinMs ?? WALK_SETTLE_WITHIN_MS;
      await walk({ session, output, signal, settleWithinMs, input: options.input ?? process.stdin });
      return EXIT.asPlanned;
    }
    if (argv.mode === 'scenarios') {
      const withinMs = options.settleWithinMs ?? SCENARIO_WITHIN_MS;
      const isAsStated = await playAll(session, argv.scenarios ?? [], { output, signal, withinMs });
      return isAsStated ? EXIT.asPlanned : EXIT.deviates;
    }
    const settleWithinMs = options.settleWithinMs ?? SETTLE_WITHIN_MS;
    const played = await play({ argv, session, output, signal, settleWithinMs });
    const instanceFile = path.join(argv.dataDir, 'instance.json');
    const { instance, runId, http } = session;
    const tookMs = performance.now() - startedMs;
    const { seed } = argv;
    const summary = summarize({ ...played, instance, instanceFile, runId, seed, waits: http.waits, tookMs });
    for (const line of summary) output.line(line);
    return played.problems.length === 0 ? EXIT.asPlanned : EXIT.deviates;
  } finally {
    await session.close();
  }
}

type Stagehands = {
  argv: SimulationArguments;
  session: Session;
  output: Output;
  signal: AbortSignal;
  settleWithinMs: number;
};

async function play(hands: Stagehands) {
  const { argv, output, signal } = hands;
  const { instance, runId, http, api, sink } = hands.session;
  const onProgress = output.progress;
  const plan = createPlan(argv);
  output.line(
    `Simulating ${plan.clicks.length} clicks (seed ${argv.seed}, run ${runId}) against ${instance.apiUrl} …`,
  );
  const created = await setUp(api, runId, sink);
  output.stepDone();
  const common = { runId, setUp: created, sink, signal, onProgress };
  const traffic = await driveTraffic({ ...common, http, apiUrl: instance.apiUrl, plan });
  output.stepDone();
  const verification = await verify({
    ...common,
    api,
    clicks: traffic.clicks,
    withinMs: hands.settleWithinMs,
  });
  output.stepDone();
  const example = chooseExample(verification.journeys);
  const temporal = example && (await checkTemporal(instance, example.reads.click.journey, signal));
  const problems = [
    ...traffic.deviations,
    ...verification.problems,
    ...(temporal?.ok === false ? [`journey ${example?.sent.clickId ?? ''}: ${temporal.said}`] : []),
  ];
  return { setUp: created, traffic, verification, example, temporal, problems };
}

function stopSignal(given: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
  if (given !== undefined) return { signal: given, release: () => undefined };
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
