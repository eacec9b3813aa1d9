import { DefaultLogger, type LogMetadata, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/**
 * Routes what the Temporal SDK says into our log, once per process and before any worker exists. Its complaints
 * about an absent server are one warning for people and not an alarm: it reconnects by itself. With a port, the
 * SDK serves its own Prometheus metrics there.
 */
export function installRuntime(logger: Logger, metricsPort: number | null): void {
  const temporal = logger.child({ component: 'temporal-sdk' });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const fields = loggable(meta);
      const isRetry = /gRPC call .* retried/.test(message);
      switch (level) {
        case 'ERROR':
          if (isRetry) temporal.warn(fields, message);
          else temporal.error(fields, message);
          break;
        case 'WARN':
          if (isRetry) temporal.debug(fields, message);
          else temporal.warn(fields, message);
          break;
        case 'INFO':
        case 'DEBUG':
        case 'TRACE':
          temporal.debug(fields, message);
      }
    }),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsPort === null ? {} : { metrics: { prometheus: { bindAddress: `0.0.0.0:${metricsPort}` } } }),
    },
    // main.ts stops workers in order; the SDK's own handler would race with it.
    shutdownSignals: [],
  });
}

/** Log lines are JSON, which has no bigint. */
function loggable(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {}).map(([key, value]) => [
      key,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  );
}
