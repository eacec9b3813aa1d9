import cluster from 'node:cluster';
import { parseConfig } from '../config/config';
import { armFaultPoints } from '../config/fault-points';
import { createLogger } from '../config/logger';
import { slotOf, supervise } from './cluster';
import { serve } from './serve';

/** The API: one serving process, or the supervisor of as many as CLICKCHAIN_API_PROCESSES says. */
async function main(): Promise<void> {
  // Before anything else: as the first process of a container it would otherwise not hear a stop that comes early.
  const stopped = stopRequest();
  const config = parseConfig(process.env);
  armFaultPoints(config.faultPoints);
  const { databaseUrl, apiProcesses } = config;
  if (databaseUrl === null) throw new Error('DATABASE_URL is not set: the API needs the database.');
  if (apiProcesses > 1 && cluster.isPrimary) {
    const logger = createLogger({ level: config.logLevel, name: 'api' });
    await supervise({ processes: apiProcesses, logger, stopped });
    return;
  }
  await serve({ config, databaseUrl, slot: slotOf(process.argv), stopped });
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
