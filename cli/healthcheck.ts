import { parseConfig } from '../config/config';
import { PROBED_PROCESSES, probeHealth } from './health-probe';
import { complain, explain } from './output';

/**
 * The health check of a container: `node dist/cli/healthcheck.js api|worker`. A program of its own, because it runs every
 * few seconds beside the process that it asks, and the whole command line takes much longer to load.
 */
async function main(): Promise<void> {
  const asked = PROBED_PROCESSES.find((process_) => process_ === process.argv[2]);
  if (asked === undefined) throw new Error(`expected one of: ${PROBED_PROCESSES.join(', ')}`);
  const trouble = await probeHealth(asked, parseConfig(process.env));
  if (trouble !== null) throw new Error(trouble);
}

main().then(
  // Without waiting for the kept-alive connection.
  () => process.exit(0),
  (error: unknown) => {
    complain(explain(error));
    process.exit(1);
  },
);
