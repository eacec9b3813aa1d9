import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import { RELAY_BATCH_ROWS, type RelayBatchResult, relayBatch } from './relay-batch';
import type { WakeUp } from './wake-up';
import type { WorkflowStarter } from './workflow-starter';

/** Clicks do not announce themselves, so an idle relay looks this often; a journey may start a second late. */
const IDLE_POLL_MS = 500;
const TROUBLE_PAUSE_MS = 1_000;

export type RelayDeps = {
  readonly db: Db;
  readonly starter: WorkflowStarter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rings when an event or postback row was committed. */
  readonly wakeUp: WakeUp;
};

/**
 * Outbox → Temporal, until the signal aborts. Many relays may run: each batch is claimed by row locks. While
 * Postgres or Temporal is away it looks again every second and loses nothing, because rows go only when taken.
 */
export async function runRelay(deps: RelayDeps, signal: AbortSignal): Promise<void> {
  let wasAway = false;
  while (!signal.aborted) {
    const result = await tryBatch(deps);
    const isAway = result === null || result.temporalAway;
    if (isAway !== wasAway) logChange(deps.logger, isAway, result);
    wasAway = isAway;
    if (isAway) await deps.wakeUp.pause(TROUBLE_PAUSE_MS, signal);
    else if (result.claimed < RELAY_BATCH_ROWS) await deps.wakeUp.wait(IDLE_POLL_MS, signal);
  }
}

async function tryBatch({ db, starter, clock, logger }: RelayDeps): Promise<RelayBatchResult | null> {
  try {
    const result = await relayBatch(db, starter, clock.nowMs());
    for (const { row, error } of result.failures) {
      logger.error({ err: error, kind: row.kind, outboxId: String(row.outboxId) }, 'outbox row failed');
    }
    return result;
  } catch (error) {
    logger.warn({ err: error }, 'relay batch failed');
    return null;
  }
}

function logChange(logger: Logger, isAway: boolean, result: RelayBatchResult | null): void {
  if (isAway) logger.warn({ away: result === null ? 'postgres' : 'temporal' }, 'relay waits');
  else logger.info('relay works again');
}
