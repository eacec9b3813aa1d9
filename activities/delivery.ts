import { ApplicationFailure, activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { adapterFor } from '../clients/destinations';
import type { GuardedFetch, SendResult } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import {
  type AttemptClosing,
  type AttemptResult,
  closeAttempt,
  giveUp,
} from '../db/stores/attempt-end-store';
import { type OpenedAttempt, openAttempt } from '../db/stores/delivery-store';
import { tryAgain } from '../db/try-again';
import type { PostbackId } from '../domain/ids';
import { classifyResponse, type DeliveryOutcome } from '../domain/postback/outcome';
import {
  DELIVERY_HORIZON_MS,
  nextRetryDelayMs,
  nextTurnDelayMs,
  type RetryDecision,
} from '../domain/postback/retry';
import { runOfWorkflow, workspaceOfWorkflow } from '../domain/postback/run';
import type { Clock } from '../domain/time';
import { createTurns } from './turns';
import { createWorkspaceShares } from './workspace-shares';

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

type Deps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly http: GuardedFetch;
  /** A number in [0, 1) for the jitter. */
  readonly random01: () => number;
};

/** Attempts that a worker has under way at once. Mostly waiting for strangers, so many cost little. */
export const DELIVERY_SLOTS = 200;
/** Half of the slots, so that no tenant's slow partners keep another tenant waiting. */
const WORKSPACE_SHARE = DELIVERY_SLOTS / 2;

/**
 * Attempts that are opened at once: they queue for the row of their destination anyway, and each would hold a connection
 * meanwhile, so that none would be left to record the ends of those that were sent.
 */
export const OPENED_AT_ONCE = 4;
/** Who is not let in by then comes again: a request has to fit into what is left of the activity's time. */
const OPENED_WITHIN_MS = 3_000;
const NEXT_TRY_MS = 1_000;

type Delivery = 'delivered' | 'dead' | 'superseded' | 'held';

/** Deliveries to strangers. The request was rendered at settlement; here it is sent, unchanged, until it is taken. */
export function createDeliveryActivities(deps: Deps) {
  const openings = createTurns(OPENED_AT_ONCE, OPENED_WITHIN_MS);
  const shares = createWorkspaceShares(WORKSPACE_SHARE);

  const deliver = async (postbackId: PostbackId): Promise<Delivery> => {
    const hasWaited = activityInfo().attempt > 1;
    const run = ownRun();
    const opening = await openings.take(() =>
      openAttempt(deps.db, postbackId, deps.clock.nowMs(), run, hasWaited),
    );
    if (opening === null) throw askAgain(deps, NEXT_TRY_MS);
    switch (opening.kind) {
      case 'superseded':
      case 'held':
        return opening.kind;
      case 'closed':
        return opening.status;
      case 'busy':
        throw askAgain(deps, opening.turnInMs);
      case 'opened':
        return attempt(deps, postbackId, opening.attempt);
    }
  };

  return {
    /**
     * One attempt, or none while the destination has no place for it. Returns when there is nothing left to do: the
     * postback was delivered, refused for good and parked, taken over by a later run, or is held by a pause. What may
     * pass is thrown as a retryable failure that carries our own delay, because the server adds no jitter; waiting so
     * takes no slot of the worker and writes no history.
     */
    async deliverPostback({ postbackId }: { postbackId: PostbackId }): Promise<Delivery> {
      const workspace = workspaceOfWorkflow(workflowId());
      const turn = await shares.within(workspace, deps.clock.nowMs(), () => deliver(postbackId));
      if (turn.kind === 'busy') throw askAgain(deps, turn.turnInMs);
      return turn.result;
    },

    /** Moves a postback whose time is up to the dead letters. */
    async parkPostback({ postbackId, reason }: { postbackId: PostbackId; reason: string }): Promise<void> {
      await giveUp(deps.db, postbackId, reason, deps.clock.nowMs(), ownRun());
    },
  };
}

async function attempt(
  deps: Deps,
  postbackId: PostbackId,
  opened: OpenedAttempt,
): Promise<'delivered' | 'dead'> {
  const result = await send(deps, postbackId, opened);
  const outcome = classifyResponse(result, deps.clock.nowMs());
  const attemptResult = toAttemptResult(result, outcome);
  // A destination that has answered must not be asked again because its answer could not be noted at once.
  const closing = await tryAgain(
    () => closeAttempt(deps.db, postbackId, opened, attemptResult, deps.clock.nowMs()),
    { alsoWhenAway: true },
  );
  reportHealth(opened, closing);
  if (outcome.kind === 'retry' && closing.postback === 'pending') throw retryLater(deps, opened, outcome);
  return closing.postback === 'delivered' ? 'delivered' : 'dead';
}

/** The run of the postback that the workflow of this activity works on. */
function ownRun(): number {
  return runOfWorkflow(workflowId());
}

function workflowId(): string {
  return activityInfo().workflowExecution?.workflowId ?? '';
}

/** An operator has to know of a destination that is given up, or is about to be. */
function reportHealth({ destinationId }: OpenedAttempt, { destination }: AttemptClosing): void {
  if (destination === null) return;
  const { kind, ...detail } = destination;
  const message = kind === 'disabled' ? 'destination disabled' : 'destination keeps failing';
  log.warn(message, { destinationId, ...detail });
}

async function send(deps: Deps, postbackId: PostbackId, attempt: OpenedAttempt): Promise<SendResult> {
  const request = await adapterFor(attempt.kind).prepare(attempt.request, {
    postbackId,
    key: attempt.key,
    secrets: attempt.secrets,
    nowMs: deps.clock.nowMs(),
  });
  return deps.http.send(request, cancellationSignal());
}

function toAttemptResult(result: SendResult, outcome: DeliveryOutcome): AttemptResult {
  return {
    outcome: outcome.kind === 'disable' ? 'disabled' : outcome.kind,
    reason: outcome.kind === 'delivered' ? null : outcome.reason,
    httpStatus: result.kind === 'response' ? result.status : null,
    latencyMs: result.latencyMs,
    excerpt: result.kind === 'response' ? result.excerpt : result.detail,
  };
}

function retryLater(
  deps: Deps,
  { attemptOfRun }: OpenedAttempt,
  outcome: DeliveryOutcome & { kind: 'retry' },
): ApplicationFailure {
  const decision = nextRetryDelayMs({
    attempt: attemptOfRun,
    random01: deps.random01(),
    retryAfterMs: outcome.retryAfterMs,
    remainingMs: remainingMs(),
  });
  return comeAgain('PostbackNotTaken', outcome.reason, decision);
}

function askAgain(deps: Deps, turnInMs: number): ApplicationFailure {
  const decision = nextTurnDelayMs({ turnInMs, random01: deps.random01(), remainingMs: remainingMs() });
  return comeAgain('DestinationBusy', 'destination_busy', decision);
}

/**
 * The server's own times decide how much of the three days is left: they follow time skipping in tests, and no
 * clock of a worker can shorten or lengthen a delivery.
 */
function remainingMs(): number {
  const { currentAttemptScheduledTimestampMs, scheduledTimestampMs } = activityInfo();
  return DELIVERY_HORIZON_MS - (currentAttemptScheduledTimestampMs - scheduledTimestampMs);
}

function comeAgain(type: string, message: string, decision: RetryDecision): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: decision.kind === 'give_up',
    // Benign: a partner who is away is no failure of ours and must not raise one.
    category: ApplicationFailureCategory.BENIGN,
    ...(decision.kind === 'retry' ? { nextRetryDelay: decision.delayMs } : {}),
  });
}
