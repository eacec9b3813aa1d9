import { join } from 'node:path';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createGuardedFetch } from '../clients/guarded-fetch';
import { type Config, parseConfig } from '../config/config';
import { createLogger } from '../config/logger';
import { listenToChannel } from '../db/channel-listener';
import { createDb, type Db } from '../db/knex';
import { OUTBOX_CHANNEL } from '../db/stores/outbox-store';
import { createJourneyWorker, SETTLEMENT_CONCURRENCY } from './journey-worker';
import { createPostbackWorker } from './postback-worker';
import { runRelay } from './relay';
import { installRuntime } from './runtime';
import { runSweep } from './sweep';
import { connectToTemporal, type TemporalConnections } from './temporal-connection';
import { WakeUp } from './wake-up';
import { createWorkflowStarter } from './workflow-starter';

const clock = { nowMs: () => Date.now() };
/** Settlement and screening each take a connection; deliveries hold theirs for milliseconds. */
const POOL_MAX = SETTLEMENT_CONCURRENCY * 2 + 10;

type Surroundings = {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly db: Db;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** The worker process: the roles of the configuration side by side, until it is told to stop. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const logger = createLogger({ level: config.logLevel, name: 'worker' });
  if (config.databaseUrl === null) throw new Error('DATABASE_URL is not set: a worker needs the database.');
  if (config.temporalAddress === null)
    throw new Error('TEMPORAL_ADDRESS is not set: a worker needs Temporal.');
  installRuntime(logger, config.metricsPort);
  const stop = stopRequest(logger);
  const db = createDb(config.databaseUrl, { applicationName: 'clickchain-worker', poolMax: POOL_MAX });
  const connections = await connectToTemporal(
    { address: config.temporalAddress, namespace: config.temporalNamespace },
    { timer: new WakeUp(), logger, signal: stop.signal },
  );
  if (connections !== null) {
    const around = { config, databaseUrl: config.databaseUrl, db, logger, signal: stop.signal };
    try {
      await runRoles(around, connections);
    } finally {
      stop.abort();
      await connections.close();
    }
  }
  await db.destroy();
}

async function runRoles(around: Surroundings, connections: TemporalConnections): Promise<void> {
  const { config, db, logger, signal } = around;
  const roles = new Set(config.workerRoles);
  const running: Promise<void>[] = [];
  const connection = connections.native;
  const namespace = config.temporalNamespace;
  const http = createGuardedFetch({
    allowPrivate: config.allowPrivateDestinations,
    allowedSink: config.allowedSink,
  });
  if (roles.has('journeys')) {
    const workflowBundle = { codePath: join(__dirname, '..', 'workflow-bundle.js') };
    const worker = await createJourneyWorker({ connection, namespace, workflowBundle, db, clock });
    running.push(runUntil(worker, signal));
  }
  if (roles.has('postbacks')) {
    const deps = { connection, namespace, db, clock, http, random01: Math.random };
    running.push(runUntil(await createPostbackWorker(deps), signal));
  }
  if (roles.has('relay')) {
    running.push(runRelayRole(around, connections));
  }
  if (roles.has('sweep')) running.push(runSweep({ db, clock, logger }, signal));
  logger.info({ roles: config.workerRoles }, 'worker ready');
  await Promise.all(running);
  await http.close();
}

async function runRelayRole(
  { db, logger, databaseUrl, signal }: Surroundings,
  connections: TemporalConnections,
): Promise<void> {
  const wakeUp = new WakeUp();
  const listener = listenToChannel({
    databaseUrl,
    channel: OUTBOX_CHANNEL,
    applicationName: 'clickchain-relay',
    onWake: () => wakeUp.ring(),
    // The relay says itself when Postgres is away, and polls meanwhile.
    onLost: (error) => logger.debug({ err: error }, 'relay lost its listener'),
  });
  const starter = createWorkflowStarter(connections.client);
  await runRelay({ db, starter, clock, logger, wakeUp }, signal);
  await listener.stop();
}

async function runUntil(worker: Worker, signal: AbortSignal): Promise<void> {
  const shutdown = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutdown, { once: true });
  await worker.run();
}

/** SIGTERM, SIGINT, or the end of the supervisor, whose channel then closes. */
function stopRequest(logger: Logger): AbortController {
  const stop = new AbortController();
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
    process.once(event, () => {
      logger.info({ event }, 'worker stops');
      stop.abort();
    });
  }
  return stop;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
