import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';

// gRPC status codes, as the protocol numbers them.
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

// Said of every call while a search attribute of ours is missing.
const NOT_SET_UP = /no mapping defined for search attribute|search attribute \S+ is not defined/i;

// Said of one run, by its own numbers; the limits of a namespace are said as RESOURCE_EXHAUSTED and are over in a second.
const RUN_IS_FULL = /exceeded workflow execution limit/i;

/** Whether the run of a workflow takes no more signals: nothing is wrong with the signal, and repeating it is in vain. */
export function isRunFull(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return RUN_IS_FULL.test(cause.details);
  }
  return false;
}

/**
 * What a failed call to Temporal means for the row behind it. `away`: nothing of this batch will work, because the
 * server is away, lacks our namespace or search attributes, or does not let us in; wait until that is put right.
 * `busy`: this one in a second, it counts as no failure. `faulty`: this one later and later, visibly, and at last
 * parked.
 */
export type TemporalTrouble = 'away' | 'busy' | 'faulty';

export function classifyTrouble(error: unknown): TemporalTrouble {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NamespaceNotFoundError) return 'away';
    if (!isGrpcServiceError(cause)) continue;
    switch (cause.code as number) {
      case UNAVAILABLE:
      case DEADLINE_EXCEEDED:
      case CANCELLED:
      case PERMISSION_DENIED:
      case UNAUTHENTICATED:
        return 'away';
      case INVALID_ARGUMENT:
        return NOT_SET_UP.test(cause.details) ? 'away' : 'faulty';
      case RESOURCE_EXHAUSTED:
        return 'busy';
      default:
        return 'faulty';
    }
  }
  return 'faulty';
}
