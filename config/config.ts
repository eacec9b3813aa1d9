import { resolve } from 'node:path';
import type { z } from 'zod';
import { apiPoolProblem } from './api-pool';
import { type LogLevel, type VariableName, variableNames, variables, type WorkerRole } from './variables';

/** What a process needs to know about its surroundings. Optional settings are null when unset. */
export interface Config {
  /** Absolute path. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** Without a trailing slash; `http://<host>:<port>` when not configured. */
  readonly publicUrl: string;
  readonly adminKey: string | null;
  readonly allowPrivateDestinations: boolean;
  readonly sinkPort: number;
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly apiProcesses: number;
  /** Connections to Postgres of all API processes together. */
  readonly apiConnections: number;
  readonly limits: LimitsConfig;
  readonly redisUrl: string | null;
  readonly logLevel: LogLevel;
  /** `host:port` */
  readonly allowedSink: string | null;
  readonly workerRoles: readonly WorkerRole[];
  readonly metricsPort: number | null;
  readonly relayStartsPerSecond: number;
  readonly relayStartsConcurrency: number;
  /** Folder of armed fault points; always null in production. */
  readonly faultPoints: string | null;
  readonly databaseUrl: string | null;
  /** `host:port` */
  readonly temporalAddress: string | null;
  readonly temporalNamespace: string;
  readonly temporalUiPort: number;
  /** Without a trailing slash. */
  readonly temporalUiUrl: string;
  readonly temporalCliPath: string | null;
  readonly temporalTestServerPath: string | null;
}

/** How much is let in; 0 is no limit. */
export interface LimitsConfig {
  readonly clicksPerSecond: number;
  readonly maxLoopLagMs: number;
  readonly keyRequestsPerMinute: number;
  readonly keyEventsPerSecond: number;
  readonly addressRequestsPerSecond: number;
  readonly addressAuthFailuresPerMinute: number;
}

/** The environment cannot be used; the message lists every bad variable by name and says what is expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

type Value<Name extends VariableName> = z.output<(typeof variables)[Name]['schema']>;

/**
 * Reads the configuration from the environment, once per process. An unset or empty variable takes its default.
 *
 * @throws ConfigError naming every malformed variable and every unknown one that starts with `CLICKCHAIN_`.
 */
export function parseConfig(env: Environment): Config {
  const problems = unknownVariables(env);

  function optional<Name extends VariableName>(name: Name): Value<Name> | null {
    const given = env[name] === '' ? undefined : env[name];
    const doc: { default?: string; secret?: boolean; expects: string } = variables[name].doc;
    const raw = given ?? doc.default;
    if (raw === undefined) return null;
    const parsed = variables[name].schema.safeParse(raw);
    if (parsed.success) return parsed.data as Value<Name>;
    problems.push(`${name}: expected ${doc.expects}${doc.secret ? '' : `, got ${JSON.stringify(raw)}`}`);
    return null;
  }

  /** For variables that have a default: null only after a problem was recorded, and then nothing is returned. */
  function required<Name extends VariableName>(name: Name): Value<Name> {
    return optional(name) as Value<Name>;
  }

  const host = required('CLICKCHAIN_HOST');
  const port = required('CLICKCHAIN_PORT');
  const temporalUiPort = required('TEMPORAL_UI_PORT');
  const config: Config = {
    dataDir: resolve(required('CLICKCHAIN_DATA_DIR') ?? ''),
    host,
    port,
    publicUrl: optional('CLICKCHAIN_PUBLIC_URL') ?? `http://${urlHost(host)}:${port}`,
    adminKey: optional('CLICKCHAIN_ADMIN_KEY'),
    allowPrivateDestinations: required('CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS'),
    sinkPort: required('CLICKCHAIN_SINK_PORT'),
    trustedProxies: Object.freeze(required('CLICKCHAIN_TRUSTED_PROXIES')),
    apiProcesses: required('CLICKCHAIN_API_PROCESSES'),
    apiConnections: required('CLICKCHAIN_API_CONNECTIONS'),
    limits: Object.freeze({
      clicksPerSecond: required('CLICKCHAIN_CLICKS_PER_SECOND'),
      maxLoopLagMs: required('CLICKCHAIN_MAX_LOOP_LAG_MS'),
      keyRequestsPerMinute: required('CLICKCHAIN_KEY_REQUESTS_PER_MINUTE'),
      keyEventsPerSecond: required('CLICKCHAIN_KEY_EVENTS_PER_SECOND'),
      addressRequestsPerSecond: required('CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND'),
      addressAuthFailuresPerMinute: required('CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE'),
    }),
    redisUrl: optional('CLICKCHAIN_REDIS_URL'),
    logLevel: required('CLICKCHAIN_LOG_LEVEL'),
    allowedSink: optional('CLICKCHAIN_ALLOWED_SINK'),
    workerRoles: Object.freeze(required('CLICKCHAIN_WORKER_ROLES')),
    metricsPort: optional('CLICKCHAIN_METRICS_PORT'),
    relayStartsPerSecond: required('CLICKCHAIN_RELAY_STARTS_PER_SECOND'),
    relayStartsConcurrency: required('CLICKCHAIN_RELAY_STARTS_CONCURRENCY'),
    faultPoints: optional('CLICKCHAIN_FAULT_POINTS'),
    databaseUrl: optional('DATABASE_URL'),
    temporalAddress: optional('TEMPORAL_ADDRESS'),
    temporalNamespace: required('TEMPORAL_NAMESPACE'),
    temporalUiPort,
    temporalUiUrl: optional('TEMPORAL_UI_URL') ?? `http://127.0.0.1:${temporalUiPort}`,
    temporalCliPath: optional('TEMPORAL_CLI_PATH'),
    temporalTestServerPath: optional('TEMPORAL_TEST_SERVER_PATH'),
  };
  const poolProblem = problems.length === 0 ? apiPoolProblem(config) : null;
  if (poolProblem !== null) problems.push(poolProblem);
  if (config.faultPoints !== null && env.NODE_ENV === 'production') {
    problems.push('CLICKCHAIN_FAULT_POINTS: kills processes, and is refused where NODE_ENV is production');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** A listener on all interfaces is reached on loopback; an IPv6 address needs brackets in a URL. */
export function urlHost(host: string | null): string {
  if (host === null || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function unknownVariables(env: Environment): string[] {
  const known: ReadonlySet<string> = new Set(variableNames);
  return Object.keys(env)
    .filter((name) => name.startsWith('CLICKCHAIN_') && !known.has(name))
    .sort()
    .map((name) => `${name}: unknown variable${suggestion(name)}`);
}

function suggestion(name: string): string {
  const nearest = variableNames
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= 3 ? `; did you mean ${nearest.known}?` : '';
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
