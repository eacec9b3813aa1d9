import { createRandom, type Random } from '../simulator/random';
import { CATALOG, FAULT_IDS, type FaultId, NETWORK_FAULTS } from './catalog';

/** What one round does. A function of its seed and the options alone, so that a line replays it. */
export interface Plan {
  readonly seed: number;
  readonly clicksPerSecond: number;
  readonly steps: readonly Step[];
  /** Null: as `npm start` does. Else API and worker run as a second instance, behind proxies like these. */
  readonly network: { readonly sliceBytes: number; readonly delayMs: number } | null;
}

export interface Step {
  readonly fault: FaultId;
  readonly variant: string;
  /** Undisturbed time before it. */
  readonly pauseMs: number;
  readonly holdMs: number;
}

export interface PlanOptions {
  /** Only these, each of them; otherwise the seed draws. */
  readonly faults: readonly FaultId[] | null;
  /** How long the faulty phase should last, roughly. */
  readonly seconds: number;
}

/** A round is limited in time, so a seed has a few faults; the next seeds have the others. */
const FAULTS_PER_SEED = 5;

/** Consecutive seeds go round the catalog, so that twenty of them meet every fault; variants and moments are drawn. */
export function planOf(seed: number, { faults, seconds }: PlanOptions): Plan {
  const random = createRandom(seed);
  const chosen = random.shuffle(faults ?? turnOf(seed));
  const network = chosen.some((fault) => NETWORK_FAULTS.has(fault))
    ? { sliceBytes: random.pick([64, 333, 4_096]), delayMs: random.int(0, 3) }
    : null;
  const steps = chosen.map((fault) => stepOf(random, fault));
  const plannedMs = steps.reduce((sum, { pauseMs, holdMs }) => sum + pauseMs + holdMs, 0);
  const stretch = Math.min(2, Math.max(0.5, (seconds * 1_000) / plannedMs));
  return {
    seed,
    clicksPerSecond: 50,
    network,
    steps: steps.map((step) => ({
      ...step,
      pauseMs: Math.round(step.pauseMs * stretch),
      holdMs: Math.round(step.holdMs * stretch),
    })),
  };
}

function turnOf(seed: number): FaultId[] {
  const start = (seed * FAULTS_PER_SEED) % FAULT_IDS.length;
  return Array.from({ length: FAULTS_PER_SEED }, (_, offset) => at(FAULT_IDS, start + offset));
}

function stepOf(random: Random, fault: FaultId): Step {
  const { variants, seconds } = CATALOG[fault];
  return {
    fault,
    variant: random.pick(variants),
    pauseMs: random.int(500, 3_000),
    holdMs: random.int(seconds[0] * 1_000, seconds[1] * 1_000),
  };
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}
