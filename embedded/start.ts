import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config';
import { Boot, type StartOptions } from './boot';
import type { InstanceInfo } from './instance-file';
import { acquirePidLock } from './pid-lock';
import type { Reporter } from './progress';

export interface EmbeddedInstance {
  readonly info: InstanceInfo;
  /** Stops API, worker, Temporal and Postgres in this order, and gives the data folder free. */
  stop(): Promise<void>;
  /** Ends everything at once; the next start repairs what has to be repaired. */
  kill(): void;
}

/** Another process works on this data folder. */
export class InstanceRunningError extends Error {
  override readonly name = 'InstanceRunningError';
  constructor(
    readonly pid: number,
    dataDir: string,
  ) {
    super(
      `Clickchain is running on ${dataDir} already (pid ${pid}). Stop it, or set another CLICKCHAIN_DATA_DIR.`,
    );
  }
}

/**
 * Brings up a whole instance on this machine: Postgres unless DATABASE_URL names one, Temporal unless TEMPORAL_ADDRESS
 * names one, the schema, the first workspace, worker and API. Resolves when the API says that it is ready; from then on
 * everything is restarted when it ends.
 *
 * @throws InstanceRunningError, StartAbortedError, or an Error that says what failed; nothing is left running then.
 */
export async function startEmbedded(
  config: Config,
  reporter: Reporter,
  options: StartOptions = {},
): Promise<EmbeddedInstance> {
  const { dataDir } = config;
  makeDataDir(dataDir);
  assertWritable(dataDir);
  const lock = acquirePidLock(join(dataDir, 'instance.lock'));
  if (lock.outcome === 'held') throw new InstanceRunningError(lock.pid, dataDir);
  const boot = new Boot(config, reporter, options);
  try {
    const info = await boot.run();
    const stop = async () => {
      await boot.stop();
      lock.release();
    };
    return { info, stop, kill: () => boot.supervisor.kill() };
  } catch (error) {
    await boot.stop();
    lock.release();
    throw error;
  }
}

function assertWritable(dataDir: string): void {
  const own = ['', 'instance.json', 'postgres.json', 'temporal'].map((name) => join(dataDir, name));
  for (const path of own.filter((entry) => existsSync(entry))) {
    try {
      accessSync(path, constants.W_OK);
    } catch {
      throw new Error(
        `${path} cannot be written by this user, probably because another one (root?) started Clickchain here. Start it as that user, give the folder away with chown -R, or set another CLICKCHAIN_DATA_DIR.`,
      );
    }
  }
}

/** Made so that the user who runs Postgres for root may pass, and nobody else may look inside. */
function makeDataDir(dataDir: string): void {
  if (existsSync(dataDir)) return;
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
}
