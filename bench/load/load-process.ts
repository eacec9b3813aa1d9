import { generateLoad } from './generate-load';
import type { LoadJob } from './load-job';

/** The load generator as a process of its own: one job by message, one result, and its end. */
const stop = new AbortController();

process.on('message', (message: LoadJob | 'stop') => {
  if (message === 'stop') {
    stop.abort();
    return;
  }
  generateLoad(message, stop.signal).then(
    (result) => process.send?.(result, undefined, {}, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});
// Nobody is left to hear the result.
process.once('disconnect', () => process.exit(0));
