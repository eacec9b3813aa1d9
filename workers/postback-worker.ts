import { type NativeConnection, Worker } from '@temporalio/worker';
import { createDeliveryActivities } from '../activities/delivery';
import type { GuardedFetch } from '../clients/guarded-fetch';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import { POSTBACKS_QUEUE } from '../workflows/task-queues';

/**
 * Connections of their own: a hundred attempts may queue for the row of one destination, and would otherwise keep
 * settlements waiting. Each holds one for milliseconds, never while a stranger answers.
 */
export const DELIVERY_POOL_MAX = 4;

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
    maxConcurrentActivityTaskExecutions: 100,
    shutdownGraceTime: '15 seconds',
  });
}
