import { type ApiPools, apiPools, CLICK_CONNECTIONS } from '../config/api-pool';
import type { Config } from '../config/config';
import { createLogger } from '../config/logger';
import { createDb, type Db } from '../db/knex';
import { assertServed } from '../db/schema-state';
import { databaseAnswers } from '../db/server-pulse';
import { createApp } from './app';
import { startCampaignCatalog } from './hot/campaign-catalog';
import { createHttpServer, drain, listen } from './http-server';
import { createRateLimits } from './limits/rate-limits';
import { createApiMetrics } from './metrics';
import { watchLoopLag } from './overload/loop-lag';
import { isTemporalReachable } from './temporal-reachable';

/** What takes longer than this holds a connection that others wait for. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** A report may take seconds; of its own, so that it can be changed without a word about events and set-up. */
const READ_STATEMENT_TIMEOUT_MS = 10_000;
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
  const pools = createPools(databaseUrl, apiPools(config));
  const { db } = pools;
  // Readiness asks again, so a Postgres that is away now keeps nothing from starting.
  if ((await assertServed(db)) === 'unknown') logger.warn('started without knowing the schema');
  const catalog = await startCampaignCatalog({ db, databaseUrl, logger });
  const lag = watchLoopLag(config.limits.maxLoopLagMs, (isLate, lagMs) => {
    logger.warn({ lagMs: Math.round(lagMs) }, isLate ? 'event loop is late: refusing' : 'event loop in time');
  });
  const limits = createRateLimits(config, logger, lag.isStrained);
  const app = createApp({
    ...pools,
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
  await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
}

/** Each on its own, so that whoever fills one leaves the others alone. */
function createPools(databaseUrl: string, { intake, setUp, reads }: ApiPools) {
  const pool = (name: string, poolMax: number, statementTimeoutMs: number): Db =>
    createDb(databaseUrl, { applicationName: `clickchain-${name}`, poolMax, statementTimeoutMs });
  return {
    db: pool('api', setUp, STATEMENT_TIMEOUT_MS),
    clickDb: pool('clicks', CLICK_CONNECTIONS, CLICK_STATEMENT_TIMEOUT_MS),
    intakeDb: pool('intake', intake, STATEMENT_TIMEOUT_MS),
    readDb: pool('reads', reads, READ_STATEMENT_TIMEOUT_MS),
  };
}
