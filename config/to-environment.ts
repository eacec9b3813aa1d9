import type { Config } from './config';
import type { VariableName } from './variables';

/** The environment from which `parseConfig` would read this configuration; unset variables are left out. */
export function toEnvironment(config: Config): Record<string, string> {
  const values: Record<VariableName, string | null> = {
    CLICKCHAIN_DATA_DIR: config.dataDir,
    CLICKCHAIN_HOST: config.host,
    CLICKCHAIN_PORT: String(config.port),
    CLICKCHAIN_PUBLIC_URL: config.publicUrl,
    CLICKCHAIN_ADMIN_KEY: config.adminKey,
    CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: String(config.allowPrivateDestinations),
    CLICKCHAIN_SINK_PORT: String(config.sinkPort),
    CLICKCHAIN_TRUSTED_PROXIES: config.trustedProxies.join(','),
    CLICKCHAIN_API_PROCESSES: String(config.apiProcesses),
    CLICKCHAIN_API_CONNECTIONS: String(config.apiConnections),
    CLICKCHAIN_CLICKS_PER_SECOND: String(config.limits.clicksPerSecond),
    CLICKCHAIN_MAX_LOOP_LAG_MS: String(config.limits.maxLoopLagMs),
    CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: String(config.limits.keyRequestsPerMinute),
    CLICKCHAIN_KEY_EVENTS_PER_SECOND: String(config.limits.keyEventsPerSecond),
    CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: String(config.limits.addressRequestsPerSecond),
    CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: String(config.limits.addressAuthFailuresPerMinute),
    CLICKCHAIN_REDIS_URL: config.redisUrl,
    CLICKCHAIN_LOG_LEVEL: config.logLevel,
    CLICKCHAIN_ALLOWED_SINK: config.allowedSink,
    CLICKCHAIN_WORKER_ROLES: config.workerRoles.join(','),
    CLICKCHAIN_METRICS_PORT: textOf(config.metricsPort),
    CLICKCHAIN_RELAY_STARTS_PER_SECOND: String(config.relayStartsPerSecond),
    CLICKCHAIN_RELAY_STARTS_CONCURRENCY: String(config.relayStartsConcurrency),
    CLICKCHAIN_FAULT_POINTS: config.faultPoints,
    DATABASE_URL: config.databaseUrl,
    TEMPORAL_ADDRESS: config.temporalAddress,
    TEMPORAL_NAMESPACE: config.temporalNamespace,
    TEMPORAL_UI_PORT: String(config.temporalUiPort),
    TEMPORAL_UI_URL: config.temporalUiUrl,
    TEMPORAL_CLI_PATH: config.temporalCliPath,
    TEMPORAL_TEST_SERVER_PATH: config.temporalTestServerPath,
  };
  const set = Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  return Object.fromEntries(set);
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}
