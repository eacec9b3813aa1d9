import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { JourneyTarget } from '../db/stores/dispatch-store';
import type { EventId, PlayerId, PostbackId, WorkspaceId } from '../domain/ids';
import {
  CLICK_JOURNEY,
  type ClickJourneyInput,
  clickJourneyWorkflowId,
} from '../workflows/click-journey/contract';
import { EVENT, type EventInput, eventWorkflowId } from '../workflows/event/contract';
import { EVENT_RECEIVED, type EventReceived } from '../workflows/event-received';
import {
  PLAYER,
  type PlayerInput,
  playerWorkflowId,
  TIMER_SET,
  type TimerSet,
} from '../workflows/player/contract';
import { POSTBACK, type PostbackInput, postbackWorkflowId } from '../workflows/postback/contract';
import { CAMPAIGN_ID, PARTNER_ID, WORKSPACE_ID } from '../workflows/search-attributes';
import { JOURNEYS_QUEUE } from '../workflows/task-queues';
import { isRunFull } from './temporal-trouble';

/** A relay must not hold its rows for long; what Temporal does not take in time is tried again. */
const CALL_DEADLINE_MS = 5_000;

/**
 * What became of a signal. `over`: a closed run holds the id, and no other will follow. `full`: the run takes no more of
 * them, until it ends.
 */
export type SignalOutcome = 'taken' | 'over' | 'full';

/** The only place that starts or signals workflows. Every call may be repeated without effect. */
export type WorkflowStarter = {
  /** Starts a click's journey dormant: until an event comes or the window ends, it runs no code. */
  startJourney(workspaceId: WorkspaceId, target: JourneyTarget, nowMs: number): Promise<void>;
  /** Gives an event to the click's journey, waking or starting it. */
  signalJourney(workspaceId: WorkspaceId, target: JourneyTarget, eventId: EventId): Promise<SignalOutcome>;
  /** Gives an event to the player's workflow, starting a run when none is open. */
  signalPlayer(workspaceId: WorkspaceId, playerId: PlayerId, eventId: EventId): Promise<SignalOutcome>;
  /**
   * Tells the player's workflow when it is due next, starting a run when none is open. A run that takes no more signals
   * is not told: the sweep settles what no timer has.
   */
  setPlayerTimer(workspaceId: WorkspaceId, playerId: PlayerId, dueAtMs: number): Promise<void>;
  /** Starts the workflow of one event that has neither an open journey nor a player. */
  startEvent(workspaceId: WorkspaceId, eventId: EventId): Promise<void>;
  /** Starts one run of a postback's own workflow: a replay, a test, an orphan. */
  startPostback(workspaceId: WorkspaceId, postbackId: PostbackId, run: number): Promise<void>;
};

export function createWorkflowStarter(client: Client): WorkflowStarter {
  const { workflow } = client;
  const within = <T>(call: () => Promise<T>): Promise<T> =>
    client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, call);

  return {
    async startJourney(workspaceId, target, nowMs) {
      const delayMs = target.expiresAtMs + 1 - nowMs;
      const options = {
        ...journeyOptions(workspaceId, target),
        ...(delayMs > 0 ? { startDelay: delayMs } : {}),
      };
      await isAccepted(() => within(() => workflow.start(CLICK_JOURNEY, options)));
    },

    async signalJourney(workspaceId, target, eventId) {
      // Without a start delay: on a real server a journey that this call creates with one would sleep over its event.
      const options = { ...journeyOptions(workspaceId, target), ...eventSignal(eventId) };
      return outcomeOf(() => within(() => workflow.signalWithStart(CLICK_JOURNEY, options)));
    },

    async signalPlayer(workspaceId, playerId, eventId) {
      const input: PlayerInput = { workspaceId, playerId };
      const workflowId = playerWorkflowId(workspaceId, playerId);
      const options = { ...repeatable(workspaceId, workflowId, input), ...eventSignal(eventId) };
      return outcomeOf(() => within(() => workflow.signalWithStart(PLAYER, options)));
    },

    async setPlayerTimer(workspaceId, playerId, dueAtMs) {
      const input: PlayerInput = { workspaceId, playerId };
      const workflowId = playerWorkflowId(workspaceId, playerId);
      const signal = { signal: TIMER_SET, signalArgs: [{ dueAtMs } satisfies TimerSet] };
      const options = { ...repeatable(workspaceId, workflowId, input), ...signal };
      await outcomeOf(() => within(() => workflow.signalWithStart(PLAYER, options)));
    },

    async startEvent(workspaceId, eventId) {
      const input: EventInput = { workspaceId, eventId };
      const workflowId = eventWorkflowId(workspaceId, eventId);
      await within(() => workflow.start(EVENT, repeatable(workspaceId, workflowId, input)));
    },

    async startPostback(workspaceId, postbackId, run) {
      const input: PostbackInput = { workspaceId, postbackId };
      const workflowId = postbackWorkflowId(workspaceId, postbackId, run);
      await isAccepted(() => within(() => workflow.start(POSTBACK, once(workspaceId, workflowId, input))));
    },
  };
}

function eventSignal(eventId: EventId) {
  return { signal: EVENT_RECEIVED, signalArgs: [{ eventId } satisfies EventReceived] };
}

/** Never a second run of this id: an open one is joined, a closed one refuses. */
function once<Input>(workspaceId: WorkspaceId, workflowId: string, input: Input) {
  return {
    workflowId,
    taskQueue: JOURNEYS_QUEUE,
    args: [input] as [Input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    typedSearchAttributes: [{ key: WORKSPACE_ID, value: workspaceId }],
  };
}

/** One open run at a time; a new one may follow a closed one. */
function repeatable<Input>(workspaceId: WorkspaceId, workflowId: string, input: Input) {
  return { ...once(workspaceId, workflowId, input), workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const };
}

function journeyOptions(workspaceId: WorkspaceId, target: JourneyTarget) {
  const input: ClickJourneyInput = { workspaceId, clickId: target.clickId, expiresAtMs: target.expiresAtMs };
  const options = once(workspaceId, clickJourneyWorkflowId(workspaceId, target.clickId), input);
  return {
    ...options,
    staticSummary: `journey of ${target.clickId}`,
    typedSearchAttributes: [
      ...options.typedSearchAttributes,
      { key: CAMPAIGN_ID, value: target.campaignId },
      ...(target.partnerId === null ? [] : [{ key: PARTNER_ID, value: target.partnerId }]),
    ],
  };
}

async function outcomeOf(signal: () => Promise<unknown>): Promise<SignalOutcome> {
  try {
    return (await isAccepted(signal)) ? 'taken' : 'over';
  } catch (error) {
    if (isRunFull(error)) return 'full';
    throw error;
  }
}

/** False when a closed run holds the id: what the call wanted is over already. */
async function isAccepted(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
