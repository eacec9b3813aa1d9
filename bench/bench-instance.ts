import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { type Config, type Environment, parseConfig } from '../config/config';
import { type InstanceInfo, readInstanceFile } from '../embedded/instance-file';
import { createReporter } from '../embedded/progress';
import { startEmbedded } from '../embedded/start';

/** The instance under measurement. `release` stops it if it was started for the purpose. */
export type BenchInstance = {
  readonly info: InstanceInfo;
  readonly dataDir: string;
  readonly startedForIt: boolean;
  release(): Promise<void>;
};

type ReporterOutput = Parameters<typeof createReporter>[0];

/**
 * The instance that runs on `dataDir`; without a running one, a new one. Throws when the running instance is not on
 * loopback: a load generator must not leave the machine.
 */
export async function findOrStartInstance(
  dataDir: string,
  output: ReporterOutput,
  signal: AbortSignal,
): Promise<BenchInstance> {
  const known = readInstanceFile(dataDir);
  if (known !== null && (await answers(known.apiUrl))) {
    if (!isLoopback(known.apiUrl)) throw new Error(`${known.apiUrl} is not on loopback: it is not measured.`);
    return { info: known, dataDir, startedForIt: false, release: () => Promise.resolve() };
  }
  return startInstance({}, output, signal);
}

/**
 * A new instance in a temporary folder, on free ports, that is removed afterwards. It takes the forwarded address for
 * the client's, so that clicks come from many; `settings` are variables beside these.
 */
export async function startInstance(
  settings: Environment,
  output: ReporterOutput,
  signal: AbortSignal,
): Promise<BenchInstance> {
  const folder = mkdtempSync(join(tmpdir(), 'clickchain-bench-'));
  // The user that runs Postgres for root has to pass through.
  chmodSync(folder, 0o711);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const dataDir = join(folder, 'data');
  try {
    const config = ownConfig(dataDir, settings);
    const instance = await startEmbedded(config, createReporter(output), { signal });
    const release = async (): Promise<void> => {
      await instance.stop();
      remove();
    };
    return { info: instance.info, dataDir, startedForIt: true, release };
  } catch (error) {
    remove();
    throw error;
  }
}

function ownConfig(dataDir: string, settings: Environment): Config {
  const { TEMPORAL_CLI_PATH } = process.env;
  return parseConfig({
    CLICKCHAIN_DATA_DIR: dataDir,
    CLICKCHAIN_PORT: '0',
    CLICKCHAIN_SINK_PORT: '0',
    TEMPORAL_UI_PORT: '0',
    CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1/32',
    ...(TEMPORAL_CLI_PATH === undefined ? {} : { TEMPORAL_CLI_PATH }),
    ...settings,
  });
}

async function answers(apiUrl: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${apiUrl}/healthz`, { headersTimeout: 1_500 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
