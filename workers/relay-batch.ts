import { screenClicks } from '../activities/screen-clicks';
import type { Db } from '../db/knex';
import {
  claimOutbox,
  deferOutbox,
  type EventRoute,
  type JourneyTarget,
  loadEventRoutes,
  loadJourneyTargets,
  loadPlayerTimers,
  type OutboxRow,
  postbackIdOf,
  postponeOutbox,
  removeFromOutbox,
} from '../db/stores/outbox-store';
import { releaseForClicks } from '../db/stores/quarantine-store';
import { afterJourney, JOURNEY_EVENT_LIMIT, type Route, routeEvent } from '../domain/event-route';
import { idFromUuid } from '../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../domain/time';
import { classifyTrouble } from './temporal-trouble';
import type { WorkflowStarter } from './workflow-starter';

const BATCH_ROWS = 200;
/** Calls to Temporal at once; more only queue up inside its single frontend. */
const CONCURRENCY = 24;
const MAX_RETRY_DELAY_MS = MINUTE_MS;
/** When Temporal has too much to do; its limits are per second. */
const BUSY_PAUSE_MS = SECOND_MS;

export type RelayBatchResult = {
  /** Rows claimed; a full batch means there is probably more. */
  readonly claimed: number;
  readonly relayed: number;
  /** True when Temporal did not answer: the rows stay as they are, and the relay should pause. */
  readonly temporalAway: boolean;
  readonly failures: readonly { readonly row: OutboxRow; readonly error: unknown }[];
};

export const RELAY_BATCH_ROWS = BATCH_ROWS;

/**
 * Carries one batch from the outbox to Temporal, in one transaction that holds the rows' locks. A crash anywhere
 * leaves the rows in place, and every call to Temporal may be repeated without effect.
 */
export async function relayBatch(db: Db, starter: WorkflowStarter, nowMs: number): Promise<RelayBatchResult> {
  return db.transaction(async (trx) => {
    const rows = await claimOutbox(trx, BATCH_ROWS, nowMs);
    if (rows.length === 0) return { claimed: 0, relayed: 0, temporalAway: false, failures: [] };
    const { dispatch, journeyOf } = await prepareDispatch(trx, starter, rows, nowMs);
    const done: bigint[] = [];
    const postponed: bigint[] = [];
    const failures: { row: OutboxRow; error: unknown }[] = [];
    let temporalAway = false;
    const relayRow = async (row: OutboxRow): Promise<void> => {
      if (temporalAway) return;
      try {
        await dispatch(row);
        done.push(row.outboxId);
      } catch (error) {
        switch (classifyTrouble(error)) {
          case 'away':
            temporalAway = true;
            break;
          case 'busy':
            postponed.push(row.outboxId);
            break;
          case 'faulty':
            failures.push({ row, error });
            break;
        }
      }
    };
    // Events before starts, and those of one journey one after the other in their order.
    const events = rows.filter((row) => row.kind === 'event');
    await forEachConcurrently(groupBy(events, journeyOf), CONCURRENCY, async (group) => {
      for (const row of group) await relayRow(row);
    });
    await forEachConcurrently(
      rows.filter((row) => row.kind !== 'event'),
      CONCURRENCY,
      relayRow,
    );
    await removeFromOutbox(trx, done);
    await postponeOutbox(trx, postponed, nowMs + BUSY_PAUSE_MS);
    for (const { row, error } of failures) {
      await deferOutbox(trx, row.outboxId, String(error), nowMs + retryDelayMs(row));
    }
    return { claimed: rows.length, relayed: done.length, temporalAway, failures };
  });
}

function retryDelayMs(row: OutboxRow): number {
  return Math.min(SECOND_MS * 2 ** row.attempts, MAX_RETRY_DELAY_MS);
}

/** Reads what the whole batch needs, once per kind, and gives the call that one row takes. */
async function prepareDispatch(
  trx: Db,
  starter: WorkflowStarter,
  rows: readonly OutboxRow[],
  nowMs: number,
): Promise<{ dispatch: (row: OutboxRow) => Promise<void>; journeyOf: (row: OutboxRow) => string }> {
  const clickUuids = rows.filter((row) => row.kind === 'click').map((row) => row.refUuid);
  if (clickUuids.length > 0) await admitClicks(trx, clickUuids, nowMs);
  const targets = await loadJourneyTargets(trx, clickUuids);
  const eventUuids = rows.filter((row) => row.kind === 'event').map((row) => row.refUuid);
  const routes = await loadEventRoutes(trx, eventUuids, JOURNEY_EVENT_LIMIT);
  const timerUuids = rows.filter((row) => row.kind === 'timer').map((row) => row.refUuid);
  const timers = await loadPlayerTimers(trx, timerUuids);
  const dispatch = async (row: OutboxRow): Promise<void> => {
    switch (row.kind) {
      case 'event':
        return dispatchEvent(starter, row, routes.get(row.refUuid), nowMs);
      case 'postback':
        return starter.startPostback(row.workspaceId, postbackIdOf(row), row.run);
      case 'timer': {
        const timer = timers.get(row.refUuid);
        // What was due may have been settled or called off since.
        if (timer !== undefined) await starter.setPlayerTimer(row.workspaceId, timer.playerId, timer.dueAtMs);
        return;
      }
      case 'click':
        return dispatchClick(starter, row, targets.get(row.refUuid), nowMs);
    }
  };
  const journeyOf = (row: OutboxRow): string => {
    const route = routes.get(row.refUuid);
    return route?.click?.clickId ?? route?.playerId ?? row.refUuid;
  };
  return { dispatch, journeyOf };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

/** New clicks get their verdicts, and events that waited for them are let go. */
async function admitClicks(trx: Db, clickUuids: readonly string[], nowMs: number): Promise<void> {
  const clickIds = clickUuids.map((uuid) => idFromUuid('clk', uuid));
  await screenClicks(trx, clickIds, nowMs);
  await releaseForClicks(trx, clickIds, nowMs);
}

async function dispatchClick(
  starter: WorkflowStarter,
  row: OutboxRow,
  target: JourneyTarget | undefined,
  nowMs: number,
): Promise<void> {
  if (target === undefined || target.isClosed) return;
  await starter.startJourney(row.workspaceId, target, nowMs);
}

async function dispatchEvent(
  starter: WorkflowStarter,
  row: OutboxRow,
  route: EventRoute | undefined,
  nowMs: number,
): Promise<void> {
  if (route === undefined) return;
  const facts = { journey: route.click, hasPlayer: route.playerId !== null, clickEvents: route.clickEvents };
  let way = routeEvent(facts, nowMs);
  if (way === 'journey' && route.click !== null) {
    if (await starter.signalJourney(row.workspaceId, route.click, route.eventId)) return;
    way = afterJourney(facts);
  }
  await dispatchBesideJourney(starter, row, route, way);
}

async function dispatchBesideJourney(
  starter: WorkflowStarter,
  row: OutboxRow,
  route: EventRoute,
  way: Route,
): Promise<void> {
  if (way === 'player' && route.playerId !== null) {
    await starter.signalPlayer(row.workspaceId, route.playerId, route.eventId);
  } else {
    await starter.startEvent(row.workspaceId, route.eventId);
  }
}

async function forEachConcurrently<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
