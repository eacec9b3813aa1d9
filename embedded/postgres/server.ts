import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { childExit, type ExitReason } from '../child-exit';
import { closeLog, logSize, openLog, readLogSince } from '../log-file';
import { freePort, isPortFree } from '../ports';
import { stopProcess } from '../process-table';
import { quietly } from '../quietly';
import {
  type Durability,
  initCluster,
  postgresSpawnOptions,
  readClusterSecrets,
  superuser,
  writeClusterSecrets,
} from './cluster';
import { nativeProgram } from './native-package';
import { type Placement, placeCluster } from './placement';
import { clearOrphan, readPostmasterFile } from './postmaster';

export interface PostgresOptions {
  /** Absolute; exists. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly durability?: Durability;
}

export interface PostgresServer {
  readonly pid: number;
  readonly port: number;
  /** The connection URL of a database, with the superuser's password. */
  url(database: string): string;
  /** Settles when the server has ended for whatever reason. */
  readonly exited: Promise<ExitReason>;
  /** Ends sessions, writes everything out, and stops. */
  stop(): Promise<void>;
  /** For people, one sentence each. */
  readonly notes: readonly string[];
}

// Recovery after a crash replays at most a few hundred megabytes here.
const startTimeoutMs = 60_000;
// API, worker, relay listeners and a person with psql; each idle connection costs a few megabytes only when used.
const maxConnections = 200;

/**
 * Starts the PostgreSQL server of the data folder, making its cluster first if there is none, and waits until it
 * accepts connections. A server of an earlier run is stopped first.
 *
 * @throws with the end of the server's log when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const placement = await placeCluster(options.dataDir);
  const durability = options.durability ?? 'full';
  const orphan = await clearOrphan(placement.clusterDir);
  await initCluster(placement, durability);
  const { password, port: lastPort } = readClusterSecrets(placement.clusterDir);
  const port = lastPort !== null && (await isPortFree(lastPort)) ? lastPort : await freePort();
  // The port is only where the next start looks first, and a server must come back before there is room for that.
  if (port !== lastPort) {
    quietly(() => writeClusterSecrets(placement.clusterDir, placement.runAs, { password, port }));
  }

  const { child, exited } = await launchUntilReady(placement, port, options.logFile, durability);
  const pid = child.pid ?? 0;
  return {
    pid,
    port,
    url: (database) => `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`,
    exited,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await stopServer(placement, pid);
      await exited;
    },
    notes: [
      ...placement.notes,
      ...(orphan === null ? [] : [`A PostgreSQL of an earlier run (pid ${orphan}) was stopped`]),
      ...(lastPort !== null && lastPort !== port
        ? [`Port ${lastPort} belongs to another program now: PostgreSQL moved to ${port}`]
        : []),
    ],
  };
}

/** Creates the database unless it exists. */
export async function ensureDatabase(server: PostgresServer, name: string): Promise<void> {
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly exited: Promise<ExitReason>;
}

/**
 * After a `kill -9` of the server its backends live on for a moment and still hold the shared memory; PostgreSQL then
 * refuses to start, which protects the data, so the start is repeated until they have gone.
 */
async function launchUntilReady(
  placement: Placement,
  port: number,
  logFile: string,
  durability: Durability,
): Promise<Launched> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const logStart = logSize(logFile);
    const launched = launch(placement, port, logFile, durability);
    const failure = await untilReady(launched, placement.clusterDir, deadline);
    if (failure === null) return launched;
    const log = readLogSince(logFile, logStart);
    const backendsLinger = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(
      log,
    );
    if (!backendsLinger || Date.now() >= deadline) {
      throw new Error(
        `PostgreSQL did not start: ${failure}${log === '' ? '' : `\n${log}`}\n(log: ${logFile})`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function launch(placement: Placement, port: number, logFile: string, durability: Durability): Launched {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(maxConnections),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durability === 'none' ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const log = openLog(logFile);
  try {
    const child = spawn(
      nativeProgram(placement.nativeDir, 'postgres'),
      [
        '-D',
        placement.clusterDir,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      // Its own process group: Ctrl+C in the terminal must reach the supervisor only, which stops in order.
      { ...postgresSpawnOptions(placement.runAs), stdio: ['ignore', log, log], detached: true },
    );
    return { child, exited: childExit(child) };
  } finally {
    closeLog(log);
  }
}

/** Null once the server takes connections; else why it never will. */
async function untilReady(
  { child, exited }: Launched,
  clusterDir: string,
  deadline: number,
): Promise<ExitReason | null> {
  let ended: ExitReason | null = null;
  void exited.then((reason) => {
    ended = reason;
  });
  while (ended === null) {
    const file = readPostmasterFile(clusterDir);
    if (file !== null && file.pid === child.pid && file.ready) return null;
    if (Date.now() >= deadline) {
      child.kill('SIGKILL');
      return `not ready after ${startTimeoutMs / 1000} s`;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return ended;
}

async function stopServer(placement: Placement, pid: number): Promise<void> {
  if (process.platform !== 'win32') return stopProcess(pid, 'SIGINT', 20_000);
  const arguments_ = ['stop', '-D', placement.clusterDir, '-m', 'fast', '-w'];
  await promisify(execFile)(nativeProgram(placement.nativeDir, 'pg_ctl'), arguments_);
}

/** The log of PostgreSQL inside a data folder. */
export function postgresLogFile(dataDir: string): string {
  return join(dataDir, 'logs', 'postgres.log');
}
