import { AppError } from '../../domain/errors';
import { RETRY_AFTER_SECONDS } from '../middleware/problem';

/** `light`: one page or one thing. `heavy`: follows facts in a number that nobody knows before. */
export type ReadWeight = 'light' | 'heavy';

/** How many reads may be under way at once in one process. */
export type ReadShares = {
  /** Reads of everybody, and the heavy ones among them. */
  readonly all: number;
  readonly heavy: number;
  /** The same of one workspace. */
  readonly ofWorkspace: number;
  readonly heavyOfWorkspace: number;
};

export type ReadGate = {
  /**
   * Resolves when the read may begin, with what is to be called at its end. Throws rate_limited when the workspace's own
   * reads are in the way for too long, and overloaded when everybody's are.
   */
  enter(workspace: string, weight: ReadWeight): Promise<() => void>;
};

const HEAVY_OF_WORKSPACE = 2;
/** Long enough for most lists before it to end, short enough that a client still hears that it should come later. */
const WAIT_MS = 1_000;
/** A workspace that sends more at once than this many turns is answered at once: its requests would only pile up. */
const WAITING_OF_WORKSPACE = 16;

/**
 * The shares of a pool for reads. One connection is nobody's, so that a key is always looked up; heavy reads leave room
 * for light ones, and no workspace takes more than half of either.
 */
export function readShares(connections: number): ReadShares {
  const all = Math.max(1, connections - 1);
  const heavy = Math.max(1, all - 2);
  return {
    ...{ all, heavy },
    ofWorkspace: Math.ceil(all / 2),
    heavyOfWorkspace: Math.min(HEAVY_OF_WORKSPACE, Math.ceil(heavy / 2)),
  };
}

type Waiting = { readonly workspace: string; readonly weight: ReadWeight; readonly begin: () => void };

/** Lets reads begin in the order of their coming, except that who must wait for himself holds up nobody else. */
export function createReadGate(shares: ReadShares, waitMs = WAIT_MS): ReadGate {
  const underWay = new Reads();
  const waiting = new Set<Waiting>();
  const hasOwnRoom = (workspace: string, weight: ReadWeight): boolean =>
    underWay.of(workspace, 'light') + underWay.of(workspace, 'heavy') < shares.ofWorkspace &&
    (weight === 'light' || underWay.of(workspace, 'heavy') < shares.heavyOfWorkspace);
  const hasRoom = (workspace: string, weight: ReadWeight): boolean =>
    hasOwnRoom(workspace, weight) &&
    underWay.all('light') + underWay.all('heavy') < shares.all &&
    (weight === 'light' || underWay.all('heavy') < shares.heavy);

  const begin = (workspace: string, weight: ReadWeight): (() => void) => {
    underWay.change(workspace, weight, 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      underWay.change(workspace, weight, -1);
      for (const next of waiting) if (hasRoom(next.workspace, next.weight)) next.begin();
    };
  };

  return {
    enter: async (workspace, weight) => {
      if (hasRoom(workspace, weight)) return begin(workspace, weight);
      const own = [...waiting].filter((one) => one.workspace === workspace);
      if (own.length >= WAITING_OF_WORKSPACE) throw tooManyOfOne(shares);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(one);
          reject(hasOwnRoom(workspace, weight) ? tooManyOfAll() : tooManyOfOne(shares));
        }, waitMs);
        const one: Waiting = {
          ...{ workspace, weight },
          begin: () => {
            clearTimeout(timer);
            waiting.delete(one);
            resolve(begin(workspace, weight));
          },
        };
        waiting.add(one);
      });
    },
  };
}

/** How many reads are under way, of each workspace and of all. */
class Reads {
  private readonly counts = new Map<string, Record<ReadWeight, number>>();
  private readonly sums: Record<ReadWeight, number> = { light: 0, heavy: 0 };

  of(workspace: string, weight: ReadWeight): number {
    return this.counts.get(workspace)?.[weight] ?? 0;
  }

  all(weight: ReadWeight): number {
    return this.sums[weight];
  }

  change(workspace: string, weight: ReadWeight, by: 1 | -1): void {
    const counts = this.counts.get(workspace) ?? { light: 0, heavy: 0 };
    counts[weight] += by;
    this.sums[weight] += by;
    if (counts.light + counts.heavy === 0) this.counts.delete(workspace);
    else this.counts.set(workspace, counts);
  }
}

function tooManyOfOne({ ofWorkspace, heavyOfWorkspace }: ReadShares): AppError {
  return new AppError(
    'rate_limited',
    `A workspace has ${ofWorkspace} reads at once, of them ${heavyOfWorkspace} reports; wait for their answers.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

function tooManyOfAll(): AppError {
  return new AppError('overloaded', 'More is read than this process can; try again.');
}
