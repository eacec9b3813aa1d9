import { createRandom, type Random } from '../simulator/random';
import { CATALOG, DISK_FAULTS, FAULT_IDS, type FaultId, NETWORK_FAULTS, RELEASE_FAULTS } from './catalog';

/** What one round does. A function of its seed and the options alone, so that a line replays it. */
export interface Plan {
  readonly seed: number;
  readonly clicksPerSecond: number;
  readonly steps: readonly Step[];
  /** Null: as `npm start` does. Else API and worker run as a second instance, behind proxies like these. */
  readonly network: { readonly sliceBytes: number; readonly delayMs: number } | null;
  /** Whether the instance lies on disks of its own, which can be filled. */
  readonly hasSmallDisks: boolean;
  /** Whether another release of the product is made ready. */
  readonly hasReleases: boolean;
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
  const plannedMs = steps.reduce(
    (sum, { fault, pauseMs, holdMs }) => sum + pauseMs + (CATALOG[fault].isLong ? 0 : holdMs),
    0,
  );
  const stretch = Math.min(2, Math.max(0.5, (seconds * 1_000) / plannedMs));
  return {
    seed,
    clicksPerSecond: 50,
    network,
    hasSmallDisks: chosen.some((fault) => DISK_FAULTS.has(fault)),
    hasReleases: chosen.some((fault) => RELEASE_FAULTS.has(fault)),
    steps: steps.map((step) => ({
      ...step,
      pauseMs: Math.round(step.pauseMs * stretch),
      holdMs: CATALOG[step.fault].isLong ? step.holdMs : Math.round(step.holdMs * stretch),
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
