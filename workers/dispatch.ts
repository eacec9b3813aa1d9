import type { Db } from '../db/knex';
import {
  type EventRoute,
  type JourneyTarget,
  loadEventRoutes,
  loadJourneyTargets,
  loadPlayerTimers,
} from '../db/stores/dispatch-store';
import { type OutboxRow, postbackIdOf } from '../db/stores/outbox-store';
import { afterJourney, type Route, routeEvent, WORKFLOW_EVENT_LIMIT } from '../domain/event-route';
import type { WorkflowStarter } from './workflow-starter';

export type Dispatch = {
  /** The call that one row takes; none when there is nothing left to do about it. */
  readonly callOf: (row: OutboxRow) => (() => Promise<void>) | null;
  /** Rows of one journey are carried one after the other. */
  readonly journeyOf: (row: OutboxRow) => string;
};

/** Reads what the whole batch needs, once per kind. */
export async function prepareDispatch(
  trx: Db,
  starter: WorkflowStarter,
  rows: readonly OutboxRow[],
  nowMs: number,
): Promise<Dispatch> {
  const uuidsOf = (kind: OutboxRow['kind']): string[] =>
    rows.filter((row) => row.kind === kind).map((row) => row.refUuid);
  const targets = await loadJourneyTargets(trx, uuidsOf('click'));
  const routes = await loadEventRoutes(trx, uuidsOf('event'), WORKFLOW_EVENT_LIMIT);
  const timers = await loadPlayerTimers(trx, uuidsOf('timer'));
  const callOf = (row: OutboxRow): (() => Promise<void>) | null => {
    switch (row.kind) {
      case 'event': {
        const route = routes.get(row.refUuid);
        return route === undefined ? null : () => dispatchEvent(starter, row, route, nowMs);
      }
      case 'postback':
        return () => starter.startPostback(row.workspaceId, postbackIdOf(row), row.run);
      case 'timer': {
        const timer = timers.get(row.refUuid);
        // What was due may have been settled or called off since.
        if (timer === undefined) return null;
        return () => starter.setPlayerTimer(row.workspaceId, timer.playerId, timer.dueAtMs);
      }
      case 'click': {
        const target = targets.get(row.refUuid);
        return isOpen(target) ? () => starter.startJourney(row.workspaceId, target, nowMs) : null;
      }
    }
  };
  const journeyOf = (row: OutboxRow): string => {
    const route = routes.get(row.refUuid);
    return route?.click?.clickId ?? route?.playerId ?? row.refUuid;
  };
  return { callOf, journeyOf };
}

function isOpen(target: JourneyTarget | undefined): target is JourneyTarget {
  return target !== undefined && !target.isClosed;
}

async function dispatchEvent(
  starter: WorkflowStarter,
  row: OutboxRow,
  route: EventRoute,
  nowMs: number,
): Promise<void> {
  const facts = { ...route, journey: route.click, hasPlayer: route.playerId !== null };
  let way = routeEvent(facts, nowMs);
  if (way === 'journey' && route.click !== null) {
    const outcome = await starter.signalJourney(row.workspaceId, route.click, route.eventId);
    if (outcome === 'taken') return;
    way = outcome === 'over' ? afterJourney(facts) : 'event';
  }
  await dispatchBesideJourney(starter, row, route, way);
}

/** Whatever takes no more, the event gets a workflow of its own: it is settled all the same. */
async function dispatchBesideJourney(
  starter: WorkflowStarter,
  row: OutboxRow,
  route: EventRoute,
  way: Route,
): Promise<void> {
  if (way === 'player' && route.playerId !== null) {
    const outcome = await starter.signalPlayer(row.workspaceId, route.playerId, route.eventId);
    if (outcome === 'taken') return;
  }
  await starter.startEvent(row.workspaceId, route.eventId);
}
