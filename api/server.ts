import { parseConfig } from '../config/config';
import { createLogger } from '../config/logger';
import { createDb } from '../db/knex';
import { createApp } from './app';
import { startCampaignCatalog } from './hot/campaign-catalog';
import { createHttpServer, drain, listen } from './http-server';
import { createApiMetrics } from './metrics';
import { isTemporalReachable } from './temporal-reachable';

/** Enough for a burst of clicks, few enough that several API processes fit a Postgres of 100 connections. */
const POOL_MAX = 20;
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * The API process. It migrates nothing and waits for nothing: without Postgres it listens, says on /readyz that
 * it is not ready, and answers 503 until Postgres is there.
 */
async function main(): Promise<void> {
  // Before anything else: as the first process of a container it would otherwise not hear a stop that comes early.
  const stopped = stopRequest();
  const config = parseConfig(process.env);
  const logger = createLogger({ level: config.logLevel, name: 'api' });
  const { databaseUrl } = config;
  if (databaseUrl === null) throw new Error('DATABASE_URL is not set: the API needs the database.');
  const db = createDb(databaseUrl, {
    applicationName: 'clickchain-api',
    poolMax: POOL_MAX,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const catalog = await startCampaignCatalog({ db, databaseUrl, logger });
  const app = createApp({
    db,
    config,
    clock: { nowMs: () => Date.now() },
    logger,
    metrics: createApiMetrics({ processMetrics: true }),
    catalog,
    temporalReachable: () => isTemporalReachable(config.temporalAddress),
  });
  const server = createHttpServer(app);
  const port = await listen(server, config.port, config.host);
  logger.info({ host: config.host, port }, 'api ready');
  logger.info({ event: await stopped }, 'api stops');
  await drain(server);
  await catalog.stop();
  await db.destroy();
}

/** SIGTERM, SIGINT, or the end of the supervisor, whose channel then closes. */
function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => resolve(event));
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
