import type { Logger } from 'pino';
import type { Config } from '../config/config';
import type { Db } from '../db/knex';
import type { Clock } from '../domain/time';
import type { CampaignCatalog } from './hot/campaign-catalog';
import type { EventIntake } from './inbound/event-intake';
import type { RateLimits } from './limits/rate-limits';
import type { ApiMetrics } from './metrics';
import type { ReadGate } from './overload/read-gate';

/** Everything the HTTP side is given, made once per process; tests pass their own. */
export type AppDeps = {
  /** Set-up, decisions, payouts and probes; and what has no connections of its own below. */
  readonly db: Db;
  /** Connections of their own for clicks and impressions, so that they never queue behind slow reads. */
  readonly clickDb?: Db;
  /** The same for events, with what is looked up for them: keys, sources, clicks. */
  readonly intakeDb?: Db;
  /** The same for what is only read. */
  readonly readDb?: Db;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
  readonly catalog: CampaignCatalog;
  /** Whether Temporal's port accepts a connection now; reported by readiness, needed by no request. */
  temporalReachable(): Promise<boolean>;
  readonly limits: RateLimits;
  /** Whether this process is so far behind with its work that new work is refused. */
  isLate(): boolean;
  /** Whether Postgres answers at all; asked when a request waits for long. */
  databaseAnswers(): Promise<boolean>;
};

/** What the routes work with. */
export type ApiDeps = Required<AppDeps> & {
  /** Events are stored through it, together with those that arrive in the same moment. */
  readonly intake: EventIntake;
  /** Through it goes whatever is only read. */
  readonly reads: ReadGate;
};
