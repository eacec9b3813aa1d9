import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import { writeResults } from '../db/stores/result-store';
import { countTraffic } from '../db/stores/traffic-store';
import { type Clock, SECOND_MS } from '../domain/time';
import { PartWatch } from './part-watch';
import { WakeUp } from './wake-up';

/** Money shows in the overview after this and the time that it takes to count; traffic shows at once. */
const ROLLUP_EVERY_MS = SECOND_MS;

type RollupDeps = { readonly db: Db; readonly clock: Clock; readonly logger: Logger };

/** Keeps the rollups of the overview, without Temporal. Several processes may: they take turns, step by step. */
export async function runRollups(deps: RollupDeps, signal: AbortSignal): Promise<void> {
  const timer = new WakeUp();
  const watch = new PartWatch(deps);
  while (!signal.aborted) {
    // What is not counted now is counted later.
    await watch.turn('rollups', () => rollUp(deps, signal));
    await timer.pause(ROLLUP_EVERY_MS, signal);
  }
}

/** Everything that there is to count by now, money before traffic, because only traffic is counted when it is read. */
async function rollUp({ db, clock }: RollupDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const written = await writeResults(db);
    const step = await countTraffic(db, clock.nowMs());
    if (written === 0 && step === null) return;
  }
}
