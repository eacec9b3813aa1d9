import { apiPoolSize, CLICK_CONNECTIONS } from '../config/api-pool';
import type { Config } from '../config/config';
import { createLogger } from '../config/logger';
import { createDb } from '../db/knex';
import { assertServed } from '../db/schema-state';
import { databaseAnswers } from '../db/server-pulse';
import { createApp } from './app';
import { startCampaignCatalog } from './hot/campaign-catalog';
import { createHttpServer, drain, listen } from './http-server';
import { createRateLimits } from './limits/rate-limits';
import { createApiMetrics } from './metrics';
import { watchLoopLag } from './overload/loop-lag';
import { isTemporalReachable } from './temporal-reachable';

/** A report may take seconds; what takes longer than this holds a connection that others wait for. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** A browser has its answer by then; a lane that waited on would be missing when the database is back. */
const CLICK_STATEMENT_TIMEOUT_MS = 1_500;

export type Serving = {
  readonly config: Config;
  readonly databaseUrl: string;
  /** Its number among several processes; null when it is the only one. */
  readonly slot: number | null;
  /** Resolves, with the reason, when it is to stop. */
  readonly stopped: Promise<string>;
};

/**
 * One serving process, until it is told to stop. It migrates nothing and waits for nothing: without Postgres it
 * listens, says on /readyz that it is not ready, and answers 503 until Postgres is there. On a schema that a newer
 * version has made for itself it does not start.
 */
export async function serve({ config, databaseUrl, slot, stopped }: Serving): Promise<void> {
  const logger = createLogger({ level: config.logLevel, name: slot === null ? 'api' : `api-${slot}` });
  const db = createDb(databaseUrl, {
    applicationName: 'clickchain-api',
    poolMax: apiPoolSize(config),
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  // Readiness asks again, so a Postgres that is away now keeps nothing from starting.
  if ((await assertServed(db)) === 'unknown') logger.warn('started without knowing the schema');
  const clickDb = createDb(databaseUrl, {
    applicationName: 'clickchain-clicks',
    poolMax: CLICK_CONNECTIONS,
    statementTimeoutMs: CLICK_STATEMENT_TIMEOUT_MS,
  });
  const catalog = await startCampaignCatalog({ db, databaseUrl, logger });
  const limits = createRateLimits(config, logger);
  const lag = watchLoopLag(config.limits.maxLoopLagMs, (isLate, lagMs) => {
    logger.warn({ lagMs: Math.round(lagMs) }, isLate ? 'event loop is late: refusing' : 'event loop in time');
  });
  const app = createApp({
    db,
    clickDb,
    config,
    clock: { nowMs: () => Date.now() },
    logger,
    metrics: createApiMetrics({ processMetrics: true, slot }),
    catalog,
    temporalReachable: () => isTemporalReachable(config.temporalAddress),
    limits,
    isLate: lag.isLate,
    databaseAnswers: () => databaseAnswers(databaseUrl),
  });
  const server = createHttpServer(app);
  const port = await listen(server, config.port, config.host);
  lag.start();
  logger.info({ host: config.host, port }, 'api ready');
  logger.info({ event: await stopped }, 'api stops');
  await drain(server);
  lag.stop();
  limits.stop();
  await catalog.stop();
  await Promise.all([db.destroy(), clickDb.destroy()]);
}
