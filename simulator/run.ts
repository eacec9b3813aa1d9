import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { type Api, createApi, UnexpectedAnswer } from './api';
import { createHttpClient, describeFailure, type HttpClient, NoAnswer } from './http-client';
import { adviceToStart, findInstance, type Instance } from './instance';
import { createOutput, type Output } from './output';
import { createPlan } from './plan';
import { setUp } from './setup';
import { type Sink, SinkPortTaken, startSink } from './sink';
import { chooseExample, summarize } from './summary';
import { checkTemporal } from './temporal-check';
import { driveTraffic } from './traffic';
import { verify } from './verify';

export type SimulationArguments = {
  auto: boolean;
  clicks: number;
  seed: number;
  url?: string;
  adminKey?: string;
  dataDir: string;
};

export type SimulationOptions = {
  output?: Output;
  /** Stops the run when it aborts; without it, the first SIGINT or SIGTERM does. */
  signal?: AbortSignal;
  /** How long everything may take to settle after the last event, in ms. */
  settleWithinMs?: number;
};

const EXIT = { asPlanned: 0, deviates: 1, notOffered: 2, interrupted: 130 } as const;
const SETTLE_WITHIN_MS = 60_000;
/** A restart of every server takes seconds; a sender who waits a minute loses nothing. */
const SENDER_PATIENCE_MS = 60_000;
const GREETING_PATIENCE_MS = 1_500;

/**
 * Drives a planned run against a running instance and compares the outcome with the plan. Answers the exit code:
 * 0 when all is as planned, 1 when something differs, stays pending or could not be done (with a sentence saying
 * what and where), 2 when the wanted mode does not exist, 130 when it was interrupted.
 */
export async function runSimulation(
  argv: SimulationArguments,
  options: SimulationOptions = {},
): Promise<number> {
  const output = options.output ?? createOutput(process.stdout);
  if (!argv.auto) {
    output.line(
      'Only --auto exists so far: the interactive walk through one chain comes with a later version.',
    );
    return EXIT.notOffered;
  }
  const stop = stopSignal(options.signal);
  const over = new AbortController();
  // Whoever is still waiting somewhere when the run fails must not keep the process alive.
  const signal = AbortSignal.any([stop.signal, over.signal]);
  setMaxListeners(0, signal);
  try {
    return await simulate(argv, output, signal, options.settleWithinMs ?? SETTLE_WITHIN_MS);
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
  output: Output,
  signal: AbortSignal,
  settleWithinMs: number,
): Promise<number> {
  const startedMs = performance.now();
  const found = await findInstance(argv);
  const advice = found.found ? await unreachable(found.instance, signal) : found.advice;
  if (!found.found || advice !== null) {
    output.line(advice ?? '');
    return EXIT.deviates;
  }
  const { instance } = found;
  const runId = newRunId();
  const http = createHttpClient({ signal, patienceMs: SENDER_PATIENCE_MS });
  const api = createApi(http, instance.apiUrl, instance.adminKey);
  const sink = await openSink(instance.sinkPort, runId);
  try {
    const played = await play({ argv, instance, runId, http, api, sink, output, signal, settleWithinMs });
    const instanceFile = path.join(argv.dataDir, 'instance.json');
    const tookMs = performance.now() - startedMs;
    const { seed } = argv;
    const summary = summarize({ ...played, instance, instanceFile, runId, seed, waits: http.waits, tookMs });
    for (const line of summary) output.line(line);
    return played.problems.length === 0 ? EXIT.asPlanned : EXIT.deviates;
  } finally {
    await Promise.all([sink.close(), http.close()]);
  }
}

type Stagehands = {
  argv: SimulationArguments;
  instance: Instance;
  runId: string;
  http: HttpClient;
  api: Api;
  sink: Sink;
  output: Output;
  signal: AbortSignal;
  settleWithinMs: number;
};

async function play(hands: Stagehands) {
  const { argv, instance, runId, http, api, sink, output, signal } = hands;
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

/** The sentence to print when nobody answers at the instance's address; null when it lives. */
async function unreachable(instance: Instance, signal: AbortSignal): Promise<string | null> {
  const http = createHttpClient({ signal, patienceMs: GREETING_PATIENCE_MS });
  try {
    const { status } = await http.send({ method: 'GET', url: `${instance.apiUrl}/healthz` });
    return status === 200 ? null : adviceToStart(`${instance.apiUrl}/healthz answers ${status}`);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NoAnswer)) throw error;
    return adviceToStart(`${instance.apiUrl} does not answer`);
  } finally {
    await http.close();
  }
}

async function openSink(port: number, runId: string): Promise<Sink> {
  try {
    return await startSink({ port, runId });
  } catch (error) {
    if (!(error instanceof SinkPortTaken)) throw error;
    throw new NotPossible(
      `${describeFailure(error)}, where the postbacks go: is another simulation still running?`,
    );
  }
}

/** Something outside keeps the run from happening; the message is all that the user needs. */
class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

function isReported(error: unknown): error is Error {
  return error instanceof NotPossible || error instanceof NoAnswer || error instanceof UnexpectedAnswer;
}

/** Short, sortable by time, and different even for two runs in the same second. */
function newRunId(): string {
  return `${Math.floor(Date.now() / 1_000).toString(36)}${randomBytes(2).toString('hex')}`;
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
