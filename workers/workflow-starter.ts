import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { JourneyTarget } from '../db/stores/outbox-store';
import type { EventId, PlayerId, PostbackId, WorkspaceId } from '../domain/ids';
import {
  CLICK_JOURNEY,
  type ClickJourneyInput,
  clickJourneyWorkflowId,
} from '../workflows/click-journey/contract';
import { EVENT, type EventInput, eventWorkflowId } from '../workflows/event/contract';
import { EVENT_RECEIVED, type EventReceived } from '../workflows/event-received';
import { PLAYER, type PlayerInput, playerWorkflowId } from '../workflows/player/contract';
import { POSTBACK, type PostbackInput, postbackWorkflowId } from '../workflows/postback/contract';
import { CAMPAIGN_ID, PARTNER_ID, WORKSPACE_ID } from '../workflows/search-attributes';
import { JOURNEYS_QUEUE } from '../workflows/task-queues';

/** A relay must not hold its rows for long; what Temporal does not take in time is tried again. */
const CALL_DEADLINE_MS = 5_000;

export type WorkflowStarter = ReturnType<typeof createWorkflowStarter>;

/** The only place that starts or signals workflows. Every call may be repeated without effect. */
export function createWorkflowStarter(client: Client) {
  const within = <T>(call: () => Promise<T>): Promise<T> =>
    client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, call);

  return {
    /** Starts a click's journey dormant: until an event comes or the window ends, it runs no code. */
    async startJourney(workspaceId: WorkspaceId, target: JourneyTarget, nowMs: number): Promise<void> {
      const delayMs = target.expiresAtMs + 1 - nowMs;
      await ignoreAlreadyStarted(() =>
        within(() =>
          client.workflow.start(CLICK_JOURNEY, {
            ...journeyOptions(workspaceId, target),
            ...(delayMs > 0 ? { startDelay: delayMs } : {}),
          }),
        ),
      );
    },

    /**
     * Gives an event to the click's journey, waking or starting it. Without a start delay: on a real server a
     * journey that such a call creates with one would sleep over its event. False when the journey is over.
     */
    async signalJourney(workspaceId: WorkspaceId, target: JourneyTarget, eventId: EventId): Promise<boolean> {
      return ignoreAlreadyStarted(() =>
        within(() =>
          client.workflow.signalWithStart(CLICK_JOURNEY, {
            ...journeyOptions(workspaceId, target),
            signal: EVENT_RECEIVED,
            signalArgs: [{ eventId } satisfies EventReceived],
          }),
        ),
      );
    },

    async signalPlayer(workspaceId: WorkspaceId, playerId: PlayerId, eventId: EventId): Promise<void> {
      const input: PlayerInput = { workspaceId, playerId };
      await within(() =>
        client.workflow.signalWithStart(PLAYER, {
          workflowId: playerWorkflowId(workspaceId, playerId),
          taskQueue: JOURNEYS_QUEUE,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          typedSearchAttributes: [{ key: WORKSPACE_ID, value: workspaceId }],
          signal: EVENT_RECEIVED,
          signalArgs: [{ eventId } satisfies EventReceived],
        }),
      );
    },

    async startEvent(workspaceId: WorkspaceId, eventId: EventId): Promise<void> {
      const input: EventInput = { workspaceId, eventId };
      await within(() =>
        client.workflow.start(EVENT, {
          workflowId: eventWorkflowId(workspaceId, eventId),
          taskQueue: JOURNEYS_QUEUE,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          typedSearchAttributes: [{ key: WORKSPACE_ID, value: workspaceId }],
        }),
      );
    },

    async startPostback(workspaceId: WorkspaceId, postbackId: PostbackId, run: number): Promise<void> {
      const input: PostbackInput = { workspaceId, postbackId };
      await ignoreAlreadyStarted(() =>
        within(() =>
          client.workflow.start(POSTBACK, {
            workflowId: postbackWorkflowId(workspaceId, postbackId, run),
            taskQueue: JOURNEYS_QUEUE,
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
            typedSearchAttributes: [{ key: WORKSPACE_ID, value: workspaceId }],
          }),
        ),
      );
    },
  };
}

function journeyOptions(workspaceId: WorkspaceId, target: JourneyTarget) {
  const input: ClickJourneyInput = { workspaceId, clickId: target.clickId, expiresAtMs: target.expiresAtMs };
  return {
    workflowId: clickJourneyWorkflowId(workspaceId, target.clickId),
    taskQueue: JOURNEYS_QUEUE,
    args: [input] as [ClickJourneyInput],
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `journey of ${target.clickId}`,
    typedSearchAttributes: [
      { key: WORKSPACE_ID, value: workspaceId },
      { key: CAMPAIGN_ID, value: target.campaignId },
      ...(target.partnerId === null ? [] : [{ key: PARTNER_ID, value: target.partnerId }]),
    ],
  };
}

/** True when the call did something; false when a closed run holds the id, which is as good as done. */
async function ignoreAlreadyStarted(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
