import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import { loadQueuedClicks, takeScreening } from '../db/stores/screening-queue';
import { uuidFromId } from '../domain/ids';
import { type Clock, SECOND_MS } from '../domain/time';
import { admitClicks } from './admit-clicks';
import { PartWatch } from './part-watch';
import { WakeUp } from './wake-up';

const BATCH_CLICKS = 200;
const IDLE_POLL_MS = 250;

type ScreeningDeps = { readonly db: Db; readonly clock: Clock; readonly logger: Logger };

/**
 * Judges new clicks one after the other, ahead of the starts of their journeys. Starts have a rate: behind a backlog of
 * them, a click that is judged for itself because an event overtook it would be counted without all those that wait.
 * What slips by here is judged when its journey starts. It needs no Temporal, and takes half of a connection's time at
 * most, so that a flood of clicks is not slowed by being judged.
 */
export async function runScreening(deps: ScreeningDeps, signal: AbortSignal): Promise<void> {
  const timer = new WakeUp();
  const watch = new PartWatch(deps);
  let behind = 0n;
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    // What cannot be judged now is judged when its journey starts.
    const screened = await watch.turn('screening', () => screenNext(deps.db, behind, deps.clock.nowMs()));
    if (screened === null) {
      await timer.pause(SECOND_MS, signal);
      continue;
    }
    behind = screened.upTo;
    const isMore = screened.clicks === BATCH_CLICKS;
    await timer.pause(isMore ? performance.now() - startedAtMs : IDLE_POLL_MS, signal);
  }
}

export type Screened = {
  readonly clicks: number;
  /** The last row that was looked at. */
  readonly upTo: bigint;
};

/** Judges the next clicks of the queue and leaves them in it; none while another process screens. */
export async function screenNext(db: Db, behind: bigint, nowMs: number): Promise<Screened> {
  return db.transaction(async (trx) => {
    const queued = (await takeScreening(trx)) ? await loadQueuedClicks(trx, behind, BATCH_CLICKS) : [];
    // What cannot be judged is tried again, and parked at last, where its journey is started.
    await admitClicks(
      db,
      queued.map(({ clickId }) => uuidFromId(clickId)),
      nowMs,
    );
    return { clicks: queued.length, upTo: queued.at(-1)?.outboxId ?? behind };
  });
}
