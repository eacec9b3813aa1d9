import { ApplicationFailure, activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { adapterFor } from '../clients/destinations';
import type { GuardedFetch, SendResult } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import {
  type AttemptResult,
  closeAttempt,
  markDead,
  type OpenedAttempt,
  openAttempt,
} from '../db/stores/delivery-store';
import type { PostbackId } from '../domain/ids';
import { classifyResponse, type DeliveryOutcome } from '../domain/postback/outcome';
import { DELIVERY_HORIZON_MS, nextRetryDelayMs } from '../domain/postback/retry';
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
     * One attempt. Returns when the postback has reached its end: delivered, or refused for good and parked. What
     * may pass is thrown as a retryable failure that carries our own delay, because the server adds no jitter.
     */
    async deliverPostback({ postbackId }: { postbackId: PostbackId }): Promise<'delivered' | 'dead'> {
      const opening = await openAttempt(deps.db, postbackId, deps.clock.nowMs());
      if (opening.kind === 'closed') return opening.status;
      const result = await send(deps, postbackId, opening.attempt);
      const outcome = classifyResponse(result, deps.clock.nowMs());
      await closeAttempt(
        deps.db,
        postbackId,
        opening.attempt,
        toAttemptResult(result, outcome),
        deps.clock.nowMs(),
      );
      switch (outcome.kind) {
        case 'delivered':
          return 'delivered';
        case 'refused':
        case 'disable':
          return 'dead';
        case 'retry':
          throw retryLater(deps, outcome);
      }
    },

    /** Moves a postback whose time is up to the dead letters. */
    async parkPostback({ postbackId, reason }: { postbackId: PostbackId; reason: string }): Promise<void> {
      await markDead(deps.db, postbackId, reason, deps.clock.nowMs());
    },
  };
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
