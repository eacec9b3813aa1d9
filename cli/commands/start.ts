import { Command } from 'commander';
import { parseConfig } from '../../config/config';
import { StartAbortedError } from '../../embedded/abortable';
import { instanceFilePath } from '../../embedded/instance-file';
import { createReporter } from '../../embedded/progress';
import { type EmbeddedInstance, startEmbedded } from '../../embedded/start';
import { complain, explain, say } from '../output';

export function startCommand(): Command {
  return new Command('start')
    .description('run a whole instance on this machine: Postgres, Temporal, worker and API')
    .action(run);
}

// Ctrl+C under npm arrives twice, from the terminal and from npm; a person is slower than that.
const sameSignalMs = 1_000;

async function run(): Promise<void> {
  const config = parseConfig(process.env);
  const reporter = createReporter(process.stdout);
  const interrupted = new AbortController();
  let instance: EmbeddedInstance | null = null;
  let ended: Promise<void> | null = null;

  let firstSignalAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!interrupted.signal.aborted) {
        firstSignalAt = performance.now();
        say('\nStopping … (once more to stop at once)');
        interrupted.abort();
        ended = instance?.stop() ?? null;
      } else if (performance.now() - firstSignalAt > sameSignalMs) {
        say('Stopping at once. The next start repairs what has to be repaired.');
        instance?.kill();
        process.exit(1);
      }
    });
  }

  try {
    instance = await startEmbedded(config, reporter, { signal: interrupted.signal });
  } catch (error) {
    const byUser = error instanceof StartAbortedError;
    if (byUser) say('Stopped.');
    else complain(explain(error));
    process.exit(byUser ? 0 : 1);
  }
  if (!interrupted.signal.aborted) {
    printWelcome(instance, config.dataDir);
    await new Promise((resolve) => interrupted.signal.addEventListener('abort', resolve, { once: true }));
  }
  await (ended ?? instance.stop());
  say('Stopped.');
  process.exit(0);
}

function printWelcome({ info }: EmbeddedInstance, dataDir: string): void {
  const key =
    info.adminKey ?? '(made earlier, and only its hash is stored; CLICKCHAIN_ADMIN_KEY adds another)';
  say(`
Clickchain is running.

  API           ${info.apiUrl}
  API reference ${info.docsUrl}
  Temporal UI   ${info.temporalUiUrl}
  Admin key     ${key}

  State and logs are in ${dataDir}; addresses and the key are in ${instanceFilePath(dataDir)}.
  See it work:  npm run simulate -- --auto
  Ctrl+C stops it.
`);
}
