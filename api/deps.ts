import type { Logger } from 'pino';
import type { Config } from '../config/config';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import type { CampaignCatalog } from './hot/campaign-catalog';
import type { ApiMetrics } from './metrics';

/** Everything the HTTP side needs, made once in server.ts and passed in; tests pass their own. */
export type ApiDeps = {
  readonly db: Db;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
  readonly catalog: CampaignCatalog;
  /** Whether Temporal's port accepts a connection now; reported by readiness, needed by no request. */
  temporalReachable(): Promise<boolean>;
};
