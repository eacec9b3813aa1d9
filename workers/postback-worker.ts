import { type NativeConnection, Worker } from '@temporalio/worker';
import { createDeliveryActivities, DELIVERY_SLOTS, OPENED_AT_ONCE } from '../activities/delivery';
import type { GuardedFetch } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import { POSTBACKS_QUEUE } from '../workflows/task-queues';

/**
 * Connections of their own: a hundred attempts may queue for the row of one destination, and would otherwise keep
 * settlements waiting. Two are left to those that end, which never wait for those that begin.
 */
export const DELIVERY_POOL_MAX = OPENED_AT_ONCE + 2;

export type PostbackWorkerDeps = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly db: Db;
  readonly clock: Clock;
  readonly http: GuardedFetch;
  readonly random01: () => number;
};

/** Delivers postbacks. Mostly waiting for strangers, so many at once cost little. */
export function createPostbackWorker(deps: PostbackWorkerDeps): Promise<Worker> {
  return Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: POSTBACKS_QUEUE,
    activities: createDeliveryActivities(deps),
    maxConcurrentActivityTaskExecutions: DELIVERY_SLOTS,
    shutdownGraceTime: '15 seconds',
  });
}
