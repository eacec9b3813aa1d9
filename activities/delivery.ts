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
  type OpenedAttempt,
  openAttempt,
} from '../db/stores/delivery-store';
import type { PostbackId } from '../domain/ids';
import { classifyResponse, type DeliveryOutcome } from '../domain/postback/outcome';
import { DELIVERY_HORIZON_MS, nextRetryDelayMs } from '../domain/postback/retry';
import { runOfWorkflow } from '../domain/postback/run';
import type { Clock } from '../domain/time';

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

type Deps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly http: GuardedFetch;
  /** A number in [0, 1) for the jitter. */
  readonly random01: () => number;
};

/** Deliveries to strangers. The request was rendered at settlement; here it is sent, unchanged, until it is taken. */
export function createDeliveryActivities(deps: Deps) {
  return {
    /**
     * One attempt. Returns when the postback has reached its end, be it delivered, refused for good and parked, or
     * taken over by a later run. What may pass is thrown as a retryable failure that carries our own delay, because
     * the server adds no jitter.
     */
    async deliverPostback({
      postbackId,
    }: {
      postbackId: PostbackId;
    }): Promise<'delivered' | 'dead' | 'superseded'> {
      const opening = await openAttempt(deps.db, postbackId, deps.clock.nowMs(), ownRun());
      if (opening.kind === 'superseded') return 'superseded';
      if (opening.kind === 'closed') return opening.status;
      const { attempt } = opening;
      const result = await send(deps, postbackId, attempt);
      const outcome = classifyResponse(result, deps.clock.nowMs());
      const attemptResult = toAttemptResult(result, outcome);
      const closing = await closeAttempt(deps.db, postbackId, attempt, attemptResult, deps.clock.nowMs());
      reportHealth(attempt, closing);
      if (outcome.kind === 'retry' && closing.postback === 'pending') throw retryLater(deps, outcome);
      return closing.postback === 'delivered' ? 'delivered' : 'dead';
    },

    /** Moves a postback whose time is up to the dead letters. */
    async parkPostback({ postbackId, reason }: { postbackId: PostbackId; reason: string }): Promise<void> {
      await giveUp(deps.db, postbackId, reason, deps.clock.nowMs(), ownRun());
    },
  };
}

/** The run of the postback that the workflow of this activity works on. */
function ownRun(): number {
  return runOfWorkflow(activityInfo().workflowExecution?.workflowId ?? '');
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

/**
 * The server's own times decide how much of the three days is left: they follow time skipping in tests, and no
 * clock of a worker can shorten or lengthen a delivery.
 */
function retryLater(deps: Deps, outcome: DeliveryOutcome & { kind: 'retry' }): ApplicationFailure {
  const info = activityInfo();
  const elapsedMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
  const decision = nextRetryDelayMs({
    attempt: info.attempt,
    random01: deps.random01(),
    retryAfterMs: outcome.retryAfterMs,
    remainingMs: DELIVERY_HORIZON_MS - elapsedMs,
  });
  return ApplicationFailure.create({
    type: 'PostbackNotTaken',
    message: outcome.reason,
    nonRetryable: decision.kind === 'give_up',
    // Benign: a partner who is away is no failure of ours and must not raise one.
    category: ApplicationFailureCategory.BENIGN,
    ...(decision.kind === 'retry' ? { nextRetryDelay: decision.delayMs } : {}),
  });
}
