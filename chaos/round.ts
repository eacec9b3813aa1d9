import { setTimeout as delay } from 'node:timers/promises';
import { FAULT_POINTS } from '../config/fault-points';
import { audit } from './audit/audit';
import { collectEvidence, countUnsettled, type Unfinished } from './audit/collect-evidence';
import type { Evidence } from './audit/evidence';
import type { Finding } from './audit/finding';
import { CATALOG } from './catalog';
import type { Arena } from './faults/arena';
import { INJECTIONS } from './faults/injections';
import { startGauges } from './gauges';
import { type Machine, startMachine } from './instance/machine';
import type { Plan, Step } from './plan';
import { prepareReleases } from './releases';
import { comeToRest } from './rest';
import { type LoggingSink, startLoggingSink } from './sink/logging-sink';
import { createAdmin } from './traffic/admin';
import { LIFELIKE_HABITS } from './traffic/habits';
import { setUp } from './traffic/set-up';
import { startTraffic } from './traffic/traffic';

export interface RoundResult {
  readonly findings: readonly Finding[];
  readonly evidence: Evidence;
  readonly left: Unfinished;
  /** Faults of the plan that this machine does not allow, and why. */
  readonly notPlayed: readonly string[];
  /** The ends of all logs; empty when nothing was found. */
  readonly logs: string;
}

export interface RoundOptions {
  readonly distDir: string;
  /** What goes on, for people. */
  readonly say: (line: string) => void;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The last clicks of a round meet a whole machine, so that it is seen to work again. */
const AFTERWARDS_MS = 3_000;
const WARM_UP_MS = 2_000;

/** Plays one plan on an instance of its own, which is gone afterwards, whatever happens. */
export async function playRound(plan: Plan, options: RoundOptions): Promise<RoundResult> {
  const sink = await startLoggingSink(plan.seed);
  const releases = plan.hasReleases ? prepareReleases(options.distDir) : null;
  try {
    options.progress('an instance comes up');
    const machine = await startMachine({
      distDir: releases?.distDir ?? options.distDir,
      sinkPort: sink.port,
      network: plan.network,
      smallDisks: plan.hasSmallDisks,
      releases,
    });
    try {
      return await playOn(machine, sink, plan, options);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      if (!options.signal.aborted) reason.message += `\n\n${machine.explain()}`;
      throw reason;
    } finally {
      await machine.remove();
    }
  } finally {
    releases?.remove();
    await sink.close();
  }
}

async function playOn(
  machine: Machine,
  sink: LoggingSink,
  plan: Plan,
  { say, progress, signal }: RoundOptions,
): Promise<RoundResult> {
  const admin = createAdmin(machine.apiUrl, machine.adminKey);
  const prepared = await setUp(admin, sink.origin);
  const traffic = startTraffic({
    apiUrl: machine.apiUrl,
    setUp: prepared,
    seed: plan.seed,
    clicksPerSecond: plan.clicksPerSecond,
    habits: LIFELIKE_HABITS,
    eventsBehind: () => countUnsettled(machine.whereabouts().databaseUrl),
  });
  const notPlayed: string[] = [];
  const arena: Arena = { machine, sink, traffic, admin, setUp: prepared, notPlayed, temporalWasLost: false };
  const gauges = startGauges(machine);
  try {
    await breakAndHeal(arena, plan, { say, progress, signal });
    const sayLeft = (unfinished: Unfinished): void => progress(`coming to rest: ${textOfLeft(unfinished)}`);
    const left = await comeToRest(arena, sayLeft, signal);
    progress('the auditor looks');
    const evidence: Evidence = {
      ...(await collectEvidence(machine.whereabouts(), arena.temporalWasLost)),
      client: traffic.log,
      partners: prepared.campaigns,
      sink: sink.entries,
      gauges: gauges.stop(),
    };
    const findings = audit(evidence);
    return { findings, evidence, left, notPlayed, logs: findings.length === 0 ? '' : machine.explain() };
  } finally {
    gauges.stop();
  }
}

async function breakAndHeal(
  arena: Arena,
  plan: Plan,
  { say, progress, signal }: Pick<RoundOptions, 'say' | 'progress' | 'signal'>,
): Promise<void> {
  const { traffic } = arena;
  try {
    await delay(WARM_UP_MS, undefined, { signal });
    for (const step of plan.steps) {
      await delay(step.pauseMs, undefined, { signal });
      say(`  ${textOf(step)}`);
      await INJECTIONS[step.fault](arena, step);
      signal.throwIfAborted();
    }
    await heal(arena);
    await delay(AFTERWARDS_MS, undefined, { signal });
    progress('the last stories are told');
    await traffic.stop();
  } finally {
    // After a round that fails, too, so that it can be ended in order.
    await traffic.abandon();
    await heal(arena);
  }
}

/** Everything that a fault may have left broken because it was broken off itself. */
async function heal({ machine, sink }: Arena): Promise<void> {
  for (const point of FAULT_POINTS) machine.disarm(point);
  // Each fault has waited for its own clocks; who has broken one off waits for nobody.
  await Promise.allSettled([machine.shiftClock('api', 0), machine.shiftClock('workers', 0)]);
  machine.network?.database.setMode('pass');
  machine.network?.temporal.setMode('pass');
  sink.calm();
  await sink.comeBack();
}

export function textOf({ fault, variant, holdMs }: Step): string {
  const { title, variants } = CATALOG[fault];
  const way = variants.length > 1 ? ` (${variant.replaceAll('_', ' ')})` : '';
  return `${fault.padEnd(4)} ${title}${way}, ${(holdMs / 1_000).toFixed(1)} s`;
}

function textOfLeft(left: Unfinished): string {
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
