import type { RequestListener } from 'node:http';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createApp } from '../api/app';
import { startCampaignCatalog } from '../api/hot/campaign-catalog';
import { createRateLimits } from '../api/limits/rate-limits';
import { createApiMetrics } from '../api/metrics';
import { createGuardedFetch } from '../clients/guarded-fetch';
import { parseConfig } from '../config/config';
import { createDb } from '../db/knex';
import { createJourneyWorker } from '../workers/journey-worker';
import { createPostbackWorker } from '../workers/postback-worker';
import { runRelay } from '../workers/relay';
import { WakeUp } from '../workers/wake-up';
import { createWorkflowStarter, type WorkflowStarter } from '../workers/workflow-starter';
import { type JourneyHarness, workflowBundle } from './journey-harness';

const logger = pino({ level: 'silent' });

/** What one API process has for itself: a pool, a catalog with its listener, an app. */
export type ApiProcess = { readonly app: RequestListener; stop(): Promise<void> };

export async function startApiProcess(house: JourneyHarness): Promise<ApiProcess> {
  const { databaseUrl, clock } = house;
  const db = createDb(databaseUrl, { applicationName: 'api', poolMax: 10 });
  const catalog = await startCampaignCatalog({ db, databaseUrl, logger });
  const config = parseConfig({});
  const app = createApp({
    db,
    config,
    clock,
    logger,
    metrics: createApiMetrics(),
    catalog,
    temporalReachable: async () => true,
    limits: createRateLimits(config, logger),
    isLate: () => false,
    databaseAnswers: async () => true,
  });
  return {
    app,
    stop: async () => {
      await catalog.stop();
      await db.destroy();
    },
  };
}

/** What one worker process has for itself: connections to both servers, the two workers, a relay. */
export type WorkerProcess = {
  /** What its relay carried to Temporal: `click <id>`, `event <id>`, `postback <id>`. */
  readonly carried: readonly string[];
  /** How often its activities asked for the time; zero when it never ran one. */
  activityCalls(): number;
  stop(): Promise<void>;
};

/** Starts one. `atFirstRow` is awaited before its relay carries the first row, while it holds the row's lock. */
export async function startWorkerProcess(
  house: JourneyHarness,
  atFirstRow: () => Promise<void>,
): Promise<WorkerProcess> {
  const db = createDb(house.databaseUrl, { applicationName: 'worker', poolMax: 30 });
  const connection = await NativeConnection.connect({ address: house.env.address });
  const http = createGuardedFetch({ allowedSink: house.sink.address, deadlineMs: 2_000 });
  let calls = 0;
  const clock = {
    nowMs: () => {
      calls += 1;
      return house.clock.nowMs();
    },
  };
  const around = { connection, namespace: house.env.namespace ?? 'default', db, clock };
  const workers = [
    await createJourneyWorker({ ...around, workflowBundle: await workflowBundle() }),
    await createPostbackWorker({ ...around, http, random01: () => 0.5 }),
  ];
  const running = workers.map((worker) => worker.run());
  const carried: string[] = [];
  const starter = watched(createWorkflowStarter(house.env.client), carried, atFirstRow);
  const stopping = new AbortController();
  const relaying = runRelay(
    {
      ...{ db, starter, clock: house.clock, logger },
      bells: { events: new WakeUp(), duties: new WakeUp(), starts: new WakeUp() },
      starts: { perSecond: 1_000, concurrency: 8 },
      meter: { called: () => undefined, parked: () => undefined },
    },
    stopping.signal,
  );
  return {
    carried,
    activityCalls: () => calls,
    stop: async () => {
      stopping.abort();
      await relaying;
      shutDown(workers);
      await Promise.all(running);
      await http.close();
      await connection.close();
      await db.destroy();
    },
  };
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) worker.shutdown();
}

/** The starter, with a list of what it was asked for and accepted. */
function watched(
  starter: WorkflowStarter,
  carried: string[],
  atFirstRow: () => Promise<void>,
): WorkflowStarter {
  let first: Promise<void> | null = null;
  const carry = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    first ??= atFirstRow();
    await first;
    const answer = await call();
    if (answer !== 'over' && answer !== 'full') carried.push(what);
    return answer;
  };
  return {
    startJourney: (workspaceId, target, nowMs) =>
      carry(`click ${target.clickId}`, () => starter.startJourney(workspaceId, target, nowMs)),
    signalJourney: (workspaceId, target, eventId) =>
      carry(`event ${eventId}`, () => starter.signalJourney(workspaceId, target, eventId)),
    signalPlayer: (workspaceId, playerId, eventId) =>
      carry(`event ${eventId}`, () => starter.signalPlayer(workspaceId, playerId, eventId)),
    startEvent: (workspaceId, eventId) =>
      carry(`event ${eventId}`, () => starter.startEvent(workspaceId, eventId)),
    setPlayerTimer: (workspaceId, playerId, dueAtMs) =>
      carry(`timer ${playerId}`, () => starter.setPlayerTimer(workspaceId, playerId, dueAtMs)),
    startPostback: (workspaceId, postbackId, run) =>
      carry(`postback ${postbackId}`, () => starter.startPostback(workspaceId, postbackId, run)),
  };
}
