import { isGrpcServiceError } from '@temporalio/client';

// gRPC status codes, as the protocol numbers them.
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

/**
 * What a failed call to Temporal means for the row behind it. `away`: nothing of this batch will work, wait for the
 * server. `busy`: this one in a second, it counts as no failure. `faulty`: this one later and later, visibly.
 */
export type TemporalTrouble = 'away' | 'busy' | 'faulty';

export function classifyTrouble(error: unknown): TemporalTrouble {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (!isGrpcServiceError(cause)) continue;
    switch (cause.code as number) {
      case UNAVAILABLE:
      case DEADLINE_EXCEEDED:
      case CANCELLED:
        return 'away';
      case RESOURCE_EXHAUSTED:
        return 'busy';
      default:
        return 'faulty';
    }
  }
  return 'faulty';
}
