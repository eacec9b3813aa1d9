import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import type { LaneGroup, OutboxKind } from '../db/stores/outbox-store';
import type { Clock } from '../domain/time';
import { PartWatch } from './part-watch';
import { type BatchShare, type RelayBatchResult, relayBatch } from './relay-batch';
import type { RelayMeter } from './relay-meter';
import { StartRate } from './start-rate';
import type { WakeUp } from './wake-up';
import type { WorkflowStarter } from './workflow-starter';

/** Clicks do not announce themselves, so an idle relay looks this often; a journey may start a second late. */
const IDLE_POLL_MS = 500;
const TROUBLE_PAUSE_MS = 1_000;
const BATCH_ROWS = 200;
const EVENT_CONCURRENCY = 24;
/** Replays, timers, orphans: few, unless somebody replays a thousand dead letters; events go on beside them. */
const DUTY_CONCURRENCY = 8;

/** What a relay waits by: a bell for each group of lanes, because a ring is heard once. */
export type RelayBells = Readonly<Record<LaneGroup, Pick<WakeUp, 'ring' | 'wait' | 'pause'>>>;

export type RelayDeps = {
  readonly db: Db;
  readonly starter: WorkflowStarter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those of events and duties ring when such a row was committed. */
  readonly bells: RelayBells;
  /** How fast journeys are started, so that a backlog of them leaves Temporal enough room for events. */
  readonly starts: { readonly perSecond: number; readonly concurrency: number };
  readonly meter: RelayMeter;
};

/**
 * Outbox → Temporal, until the signal aborts. Events, duties (postbacks and timers) and starts of journeys are carried
 * side by side, each with its own connection and its own share of calls, so an event never waits behind anything but
 * events. Many relays may run: each batch is claimed by row locks. While Postgres or Temporal is away it looks again
 * every second and loses nothing, because rows go only when taken.
 */
export async function runRelay(deps: RelayDeps, signal: AbortSignal): Promise<void> {
  const watched = { ...deps, watch: new PartWatch(deps) };
  await Promise.all([
    runGroup(watched, { group: 'events', rows: BATCH_ROWS, concurrency: EVENT_CONCURRENCY }, signal),
    runGroup(watched, { group: 'duties', rows: BATCH_ROWS, concurrency: DUTY_CONCURRENCY }, signal),
    runStarts(watched, signal),
  ]);
}

type WatchedDeps = RelayDeps & { readonly watch: PartWatch };

async function runGroup(deps: WatchedDeps, share: BatchShare, signal: AbortSignal): Promise<void> {
  const bell = deps.bells[share.group];
  const trouble = new TroubleLog(deps.logger, share.group);
  while (!signal.aborted) {
    const result = await tryBatch(deps, share);
    trouble.note(result);
    if (isAway(result)) await bell.pause(TROUBLE_PAUSE_MS, signal);
    else if (result.claimed < share.rows) await bell.wait(IDLE_POLL_MS, signal);
  }
}

async function runStarts(deps: WatchedDeps, signal: AbortSignal): Promise<void> {
  const { clock, starts } = deps;
  const bell = deps.bells.starts;
  const trouble = new TroubleLog(deps.logger, 'starts');
  const rate = new StartRate(starts.perSecond, clock.nowMs());
  while (!signal.aborted) {
    const rows = Math.min(rate.allowedAt(clock.nowMs()), BATCH_ROWS);
    if (rows === 0) {
      await bell.pause(rate.msUntilAllowed(clock.nowMs()), signal);
      continue;
    }
    const result = await tryBatch(deps, { group: 'starts', rows, concurrency: starts.concurrency });
    trouble.note(result);
    rate.spend(result === null ? 0 : callsOf(result));
    if (isAway(result)) await bell.pause(TROUBLE_PAUSE_MS, signal);
    else if (result.claimed < rows) await bell.wait(IDLE_POLL_MS, signal);
  }
}

function callsOf({ calls }: RelayBatchResult): number {
  return Object.values(calls).reduce((sum, called) => sum + called, 0);
}

/** Postgres did not let the batch end, or Temporal did not take it. */
type Away = null | (RelayBatchResult & { readonly temporalAway: true });

function isAway(result: RelayBatchResult | null): result is Away {
  return result === null || result.temporalAway;
}

/** Null when Postgres did not let the batch end. */
async function tryBatch(deps: WatchedDeps, share: BatchShare): Promise<RelayBatchResult | null> {
  const { db, starter, clock, logger, watch } = deps;
  const part = `relay_${share.group}` as const;
  try {
    const result = await relayBatch(db, starter, share, clock.nowMs());
    report(deps, result);
    if (result.temporalAway) await watch.failed(part, result.awayBecause);
    else await watch.succeeded(part);
    return result;
  } catch (error) {
    logger.warn({ err: error, group: share.group }, 'relay batch failed');
    await watch.failed(part, error);
    return null;
  }
}

function report({ logger, meter }: RelayDeps, { calls, failures }: RelayBatchResult): void {
  for (const [kind, called] of Object.entries(calls))
    if (called > 0) meter.called(kind as OutboxKind, called);
  for (const { row, error, isParked } of failures) {
    if (isParked) meter.parked(row.kind);
    const message = isParked ? 'outbox row parked' : 'outbox row failed';
    logger.error({ err: error, kind: row.kind, outboxId: String(row.outboxId) }, message);
  }
}

/** Says when a group begins to wait and when it goes on, once each. */
class TroubleLog {
  private wasAway = false;

  constructor(
    private readonly logger: Logger,
    private readonly group: LaneGroup,
  ) {}

  note(result: RelayBatchResult | null): void {
    if (isAway(result) === this.wasAway) return;
    this.wasAway = !this.wasAway;
    const { group } = this;
    if (!this.wasAway) this.logger.info({ group }, 'relay works again');
    else if (result === null) this.logger.warn({ group, away: 'postgres' }, 'relay waits');
    else this.logger.warn({ group, away: 'temporal', err: result.awayBecause }, 'relay waits');
  }
}
