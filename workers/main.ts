import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createGuardedFetch } from '../clients/guarded-fetch';
import { type Config, parseConfig } from '../config/config';
import { armFaultPoints } from '../config/fault-points';
import { createLogger } from '../config/logger';
import { listenToChannel } from '../db/channel-listener';
import { createDb, type Db } from '../db/knex';
import { assertServed } from '../db/schema-state';
import { OUTBOX_CHANNEL } from '../db/stores/outbox-store';
import { createJourneyWorker, SETTLEMENT_CONCURRENCY } from './journey-worker';
import { createPostbackWorker, DELIVERY_POOL_MAX } from './postback-worker';
import { runRelay } from './relay';
import { createRelayMeter } from './relay-meter';
import { runRollups } from './rollups';
import { runUntil } from './run-until';
import { installRuntime } from './runtime';
import { runBackgroundMigrations, watchSchema } from './schema-watch';
import { runScreening } from './screening';
import { runSweep } from './sweep';
import { connectToTemporal, type TemporalConnections } from './temporal-connection';
import { WakeUp } from './wake-up';
import { httpWithFaultPoints, starterWithFaultPoints } from './with-fault-points';
import { createWorkflowStarter } from './workflow-starter';

const clock = { nowMs: () => Date.now() };
/** Settlements and assessments take a connection each; the housekeeping has room between them. */
const POOL_MAX = SETTLEMENT_CONCURRENCY * 2;
/** A pool of its own, so that settlements keep no event waiting: one for each group of lanes, one to admit clicks. */
const RELAY_POOL_MAX = 4;

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
  armFaultPoints(config.faultPoints);
  installRuntime(logger, config.metricsPort);
  const stop = stopRequest(logger);
  const db = createDb(config.databaseUrl, { applicationName: 'clickchain-worker', poolMax: POOL_MAX });
  await assertServed(db);
  const watching = watchSchema({ db, logger }, stop.signal);
  watching.catch(() => stop.abort());
  const around = { config, databaseUrl: config.databaseUrl, db, logger, signal: stop.signal };
  const keepingHouse = keepHouseIfAsked(around);
  const connections = await connectToTemporal(
    { address: config.temporalAddress, namespace: config.temporalNamespace },
    { timer: new WakeUp(), logger, signal: stop.signal },
  );
  if (connections !== null) {
    try {
      await runRoles(around, connections);
    } finally {
      stop.abort();
      await connections.close();
    }
  }
  await keepingHouse;
  await db.destroy();
  await watching;
}

/** Partitions ahead, ends of retention, the net, screening and the rollups: none of it may wait for Temporal. */
async function keepHouseIfAsked({ config, databaseUrl, db, logger, signal }: Surroundings): Promise<void> {
  if (!config.workerRoles.includes('sweep')) return;
  const deps = { db, clock, logger };
  await Promise.all([
    runSweep(deps, signal),
    runScreening(deps, signal),
    runRollups(deps, signal),
    runBackgroundMigrations({ db, databaseUrl, logger }, signal),
  ]);
}

async function runRoles(around: Surroundings, connections: TemporalConnections): Promise<void> {
  const { config, db, logger, signal } = around;
  const roles = new Set(config.workerRoles);
  // A process whose only role needs no Temporal, such as the sweep, has nothing else to wait for here.
  const running: Promise<void>[] = [untilStopped(signal)];
  const connection = connections.native;
  const namespace = config.temporalNamespace;
  if (roles.has('journeys')) {
    const workflowBundle = { codePath: join(__dirname, '..', 'workflow-bundle.js') };
    const worker = await createJourneyWorker({ connection, namespace, workflowBundle, db, clock });
    running.push(runUntil(worker, signal));
  }
  if (roles.has('postbacks')) {
    running.push(runPostbackRole(around, connections));
  }
  if (roles.has('relay')) {
    running.push(runRelayRole(around, connections));
  }
  logger.info({ roles: config.workerRoles }, 'worker ready');
  await Promise.all(running);
}

async function runPostbackRole(
  { config, databaseUrl, signal }: Surroundings,
  { native: connection }: TemporalConnections,
): Promise<void> {
  const http = httpWithFaultPoints(
    createGuardedFetch({
      allowPrivate: config.allowPrivateDestinations,
      allowedSink: config.allowedSink,
    }),
  );
  const db = createDb(databaseUrl, { applicationName: 'clickchain-postbacks', poolMax: DELIVERY_POOL_MAX });
  const namespace = config.temporalNamespace;
  const deps = { connection, namespace, db, clock, http, random01: Math.random };
  await runUntil(await createPostbackWorker(deps), signal);
  await http.close();
  await db.destroy();
}

async function runRelayRole(
  { config, logger, databaseUrl, signal }: Surroundings,
  connections: TemporalConnections,
): Promise<void> {
  const bells = { events: new WakeUp(), duties: new WakeUp(), starts: new WakeUp() };
  const listener = listenToChannel({
    databaseUrl,
    channel: OUTBOX_CHANNEL,
    applicationName: 'clickchain-relay',
    onWake: () => {
      bells.events.ring();
      bells.duties.ring();
    },
    // The relay says itself when Postgres is away, and polls meanwhile.
    onLost: (error) => logger.debug({ err: error }, 'relay lost its listener'),
  });
  const starter = starterWithFaultPoints(createWorkflowStarter(connections.client));
  const db = createDb(databaseUrl, { applicationName: 'clickchain-relay', poolMax: RELAY_POOL_MAX });
  const starts = {
    perSecond: config.relayStartsPerSecond,
    concurrency: config.relayStartsConcurrency,
  };
  const meter = createRelayMeter(Runtime.instance().metricMeter);
  await runRelay({ db, starter, clock, logger, bells, starts, meter }, signal);
  await listener.stop();
  await db.destroy();
}

function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
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
