import { activityInfo } from '@temporalio/activity';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { createFraudActivities } from '../activities/fraud';
import { createSettlementActivities } from '../activities/settlement';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import { JOURNEYS_QUEUE } from '../workflows/task-queues';

export type JourneyWorkerDeps = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundleOption;
  readonly db: Db;
  readonly clock: Clock;
};

/** Settlements at once; each holds one connection of the pool. */
export const SETTLEMENT_CONCURRENCY = 10;

/** Runs workflows, fraud screening and settlement. */
export function createJourneyWorker(deps: JourneyWorkerDeps): Promise<Worker> {
  return Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: JOURNEYS_QUEUE,
    workflowBundle: deps.workflowBundle,
    activities: { ...createFraudActivities(deps), ...createSettlementActivities({ ...deps, caller }) },
    // About 160 kB each; a journey that is evicted replays from a history of a dozen events.
    maxCachedWorkflows: 300,
    // How long a journey waits for a worker that was killed while it had it in its cache.
    stickyQueueScheduleToStartTimeout: '3 seconds',
    maxConcurrentActivityTaskExecutions: SETTLEMENT_CONCURRENCY,
    maxConcurrentLocalActivityExecutions: SETTLEMENT_CONCURRENCY,
    shutdownGraceTime: '15 seconds',
  });
}

/** One scheduled activity of one run of a workflow, however often it is tried. */
function caller(): string {
  const { workflowExecution, activityId } = activityInfo();
  return `${workflowExecution?.runId ?? ''}:${activityId}`;
}
