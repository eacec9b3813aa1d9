import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import { ensurePartitions } from '../db/partitions';
import { sweepQuarantine } from '../db/stores/quarantine-store';
import { expireKeptData, sweepOrphanedPostbacks, sweepUnhandledEvents } from '../db/stores/sweep-store';
import { type Clock, DAY_MS, MINUTE_MS } from '../domain/time';
import { WakeUp } from './wake-up';

const SWEEP_EVERY_MS = MINUTE_MS;
const HOUSEKEEPING_EVERY_MS = DAY_MS / 24;
const SWEEP_ROWS = 500;

type SweepDeps = { readonly db: Db; readonly clock: Clock; readonly logger: Logger };

/**
 * The net under everything else: whatever a notification, a signal or a process lost, is found here within a
 * minute. Several processes may sweep at once; rows are claimed by locks.
 */
export async function runSweep(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const timer = new WakeUp();
  let housekeptAtMs = 0;
  while (!signal.aborted) {
    const nowMs = deps.clock.nowMs();
    try {
      await sweepOnce(deps, nowMs);
      if (nowMs - housekeptAtMs >= HOUSEKEEPING_EVERY_MS) {
        await keepHouse(deps.db, nowMs);
        housekeptAtMs = nowMs;
      }
    } catch (error) {
      deps.logger.warn({ err: error }, 'sweep failed; the next one follows in a minute');
    }
    await timer.pause(SWEEP_EVERY_MS, signal);
  }
}

/** One round: quarantine re-joined, unsettled events queued again, orphaned postbacks given a workflow. */
async function sweepOnce({ db, logger }: Omit<SweepDeps, 'clock'>, nowMs: number): Promise<void> {
  const released = (await sweepQuarantine(db, nowMs, SWEEP_ROWS)).length;
  const events = await db.transaction((trx) => sweepUnhandledEvents(trx, SWEEP_ROWS, nowMs));
  const postbacks = await db.transaction((trx) => sweepOrphanedPostbacks(trx, SWEEP_ROWS, nowMs));
  if (events + postbacks > 0) logger.info({ released, events, postbacks }, 'sweep found work');
}

/** Partitions for the coming months and the end of what is kept only for a time. */
async function keepHouse(db: Db, nowMs: number): Promise<void> {
  await ensurePartitions(db, nowMs);
  await expireKeptData(db, nowMs);
}
