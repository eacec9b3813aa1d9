import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearOrphan } from '../embedded/postgres/postmaster';
import { ensureDatabase, type PostgresServer, startPostgres } from '../embedded/postgres/server';
import { processIdentity } from '../embedded/process-table';
import { createReporter } from '../embedded/progress';
import { findTemporalCli } from '../embedded/temporal/find-cli';
import { findTestServer } from '../embedded/temporal/test-server';

/** The variable under which test processes find the cluster of the run: the URL of its `postgres` database. */
export const adminUrlVariable = 'TEST_POSTGRES_ADMIN_URL';

/** The migrated database that each test clones. */
export const templateDatabase = 'clickchain_template';

const prefix = 'clickchain-test-';

export interface TestCluster {
  readonly server: PostgresServer;
  remove(): Promise<void>;
}

/** Starts a cluster for one test run, after removing what killed runs have left behind. */
export async function startTestCluster(): Promise<TestCluster> {
  await removeLeftovers();
  const dataDir = makeTestDataDir();
  writeFileSync(join(dataDir, 'owner'), ownerText());
  const server = await startPostgres({
    dataDir,
    logFile: join(dataDir, 'logs', 'postgres.log'),
    durability: 'none',
  });
  await ensureDatabase(server, templateDatabase);
  return {
    server,
    remove: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A new data folder under the system's temporary folder, which the user that runs PostgreSQL for root may enter. */
export function makeTestDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir, { mode: 0o755 });
  return dataDir;
}

function ownerText(): string {
  return `${process.pid} ${processIdentity(process.pid)}`;
}

/** A run that was killed leaves a server and its folder; the folder names the run that owned it. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const dataDir = join(tmpdir(), name);
    const [pid, identity] = readOwner(dataDir).split(' ');
    if (identity === undefined || processIdentity(Number(pid)) === identity) continue;
    await clearOrphan(join(dataDir, 'postgres'));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function readOwner(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'owner'), 'utf8');
  } catch {
    return '';
  }
}

/** The `temporal` program for tests on the real server; fetched once per machine, with progress on stderr. */
export async function devServerPath(): Promise<string> {
  const explicitPath = process.env.TEMPORAL_CLI_PATH ?? null;
  const reporter = createReporter(process.stderr);
  return (
    await reporter.step('find the Temporal dev server', (update) => findTemporalCli({ explicitPath }, update))
  ).path;
}

/** The time-skipping test server; fetched once per machine, with progress on stderr. */
export async function timeSkippingServerPath(): Promise<string> {
  const explicitPath = process.env.TEMPORAL_TEST_SERVER_PATH ?? null;
  const reporter = createReporter(process.stderr);
  return (
    await reporter.step('find the Temporal test server', (update) => findTestServer({ explicitPath }, update))
  ).path;
}
