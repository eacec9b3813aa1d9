import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';
import { childExit, type ExitReason } from '../child-exit';
import { closeLog, logSize, openLog, readLogSince } from '../log-file';
import { acceptsConnections, freePort, freePortFrom, isPortFree, portOf } from '../ports';
import { findProcesses, hasOption, stopProcess } from '../process-table';
import { quietly } from '../quietly';
import { replaceFile } from '../replace-file';
import { setAside } from '../set-aside';
import { type DamageWatch, watchForDamage } from './damage-watch';
import { DATABASE_SUFFIXES, type DatabaseFile, damageAtStart, lookAtDatabase } from './database-file';
import { noteLostHistory } from './lost-history';
import { hiddenLoopback, startUiGuard, type UiGuard } from './ui-guard';

export interface TemporalOptions {
  /** Absolute; exists. */
  readonly dataDir: string;
  /** The `temporal` program. */
  readonly program: string;
  readonly logFile: string;
  readonly uiPort: number;
  /** The host name by which people reach the UI, when it is neither an address nor `localhost`. */
  readonly uiHost?: string | null;
  readonly namespace: string;
  /** What the last server has found wrong with its database. */
  readonly damage?: string | null;
}

export interface TemporalServer {
  readonly pid: number;
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly uiPort: number;
  readonly exited: Promise<ExitReason>;
  stop(): Promise<void>;
  /** What is wrong with its database, once that has shown: it has been ended then. */
  damage(): string | null;
  /** For people, one sentence each. */
  readonly notes: readonly string[];
}

interface State {
  readonly pid: number | null;
  readonly port: number | null;
  readonly uiPort: number | null;
}

// Where the `temporal` command looks by default.
const usualPort = 7233;
const startTimeoutMs = 60_000;
// Each time with other ports.
const launchAttempts = 3;

/**
 * Starts the Temporal dev server of the data folder and waits until its namespace answers. A server of an earlier run
 * is stopped first, even one whose data folder was deleted meanwhile; a server of anybody else is left alone and its
 * ports are avoided. A database that is damaged is set aside and one that is missing is made, and both are noted as lost
 * history.
 *
 * @throws with the end of the server's log when it does not start.
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const folder = temporalFolder(options.dataDir);
  const database = join(folder, 'temporal.sqlite');
  const orphan = await clearTemporalOrphan(database);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  makeWay(folder, database, options.damage ?? null);
  let isNew = false;
  for (let attempt = 1; ; attempt += 1) {
    const launched = await launch(options, folder, database);
    if (launched.failure === null) return toServer(launched, options, orphan);
    const damage = damageAtStart(readLogSince(options.logFile, launched.logStart, 1 << 20));
    if (damage !== null && !isNew) {
      isNew = true;
      makeWay(folder, database, damage);
      continue;
    }
    // Between the choice of a port and its use somebody else may take it, as when two instances start together.
    const { port, ui } = launched;
    const isTaken = !(await isPortFree(port)) || !(await isPortFree(ui.port, ui.host));
    if (!isTaken || attempt === launchAttempts) {
      throw new Error(`Temporal did not start: ${launched.failure}\n(log: ${options.logFile})`);
    }
  }
}

/** Leaves the place free for a new database unless the present one may be sound. */
function makeWay(folder: string, database: string, damage: string | null): void {
  const file: DatabaseFile =
    damage === null ? lookAtDatabase(database) : { state: 'damaged', reason: damage };
  if (file.state === 'sound') return;
  const reason = file.state === 'missing' ? 'missing' : file.reason;
  noteLostHistory(folder, { reason, aside: null, atMs: Date.now() });
  const aside = setAside(database, DATABASE_SUFFIXES);
  if (aside !== null) noteLostHistory(folder, { reason, aside, atMs: Date.now() });
}

type HiddenUi = { readonly host: string; readonly port: number };

interface Launched {
  readonly child: ChildProcess;
  readonly exited: Promise<ExitReason>;
  readonly port: number;
  readonly uiPort: number;
  /** Where its log begins in the file. */
  readonly logStart: number;
  /** Where the UI itself listens, behind its guard. */
  readonly ui: HiddenUi;
  /** Why it does not serve, with the end of its log; it has ended then. */
  readonly failure: string | null;
}

async function launch(options: TemporalOptions, folder: string, database: string): Promise<Launched> {
  const last = readState(folder);
  const port =
    last.port !== null && (await isPortFree(last.port)) ? last.port : await freePortFrom(usualPort);
  const ui: HiddenUi = { host: hiddenLoopback(), port: await freePort() };
  const { guard, uiPort } = await guardUi(ui, last.uiPort, options);
  const logStart = logSize(options.logFile);
  const log = openLog(options.logFile);
  const child = spawn(
    options.program,
    serverArguments({ database, port, ui, namespace: options.namespace }),
    {
      env: foreignEnvironment(),
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl+C in the terminal must reach the supervisor only, which stops in order.
      detached: true,
    },
  );
  closeLog(log);
  const exited = childExit(child).then(async (reason) => {
    await guard.close();
    return reason;
  });
  keepState(folder, { pid: child.pid ?? null, port, uiPort });
  const failure = await untilServing({ port, uiPort, namespace: options.namespace }, exited);
  const launched = { child, exited, port, uiPort, ui, logStart };
  if (failure === null) return { ...launched, failure };
  child.kill('SIGKILL');
  await exited;
  return { ...launched, failure: `${failure}\n${readLogSince(options.logFile, logStart)}` };
}

function toServer(
  { child, exited, port, uiPort, logStart }: Launched,
  options: TemporalOptions,
  orphan: number | null,
): TemporalServer {
  const pid = child.pid ?? 0;
  const watch: DamageWatch = watchForDamage(options.logFile, logStart, () => child.kill('SIGKILL'));
  void exited.then(() => watch.stop());
  return {
    pid,
    address: `127.0.0.1:${port}`,
    uiPort,
    exited,
    damage: () => watch.found(),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await stopProcess(pid, 'SIGTERM', 10_000);
      await exited;
    },
    notes: [
      ...(orphan === null ? [] : [`A Temporal server of an earlier run (pid ${orphan}) was stopped`]),
      ...(options.uiPort !== 0 && options.uiPort !== uiPort
        ? [`Port ${options.uiPort} belongs to another program: the Temporal UI is on ${uiPort}`]
        : []),
    ],
  };
}

/** True for the arguments of a dev server that serves exactly this database file. */
export function servesDatabase(argv: readonly string[], database: string): boolean {
  return argv.includes('start-dev') && hasOption(argv, '--db-filename', database);
}

/**
 * Stops a dev server that serves the file. It is recognised by its arguments, among all processes, so neither a reused
 * pid nor a deleted pid file misleads; on Windows, where arguments are not readable, nothing is recognised.
 *
 * @returns the pid of the server that was stopped, or null.
 */
async function clearTemporalOrphan(database: string): Promise<number | null> {
  const [orphan] = findProcesses((argv) => servesDatabase(argv, database));
  if (orphan === undefined) return null;
  await stopProcess(orphan.pid, 'SIGTERM', 5_000);
  return orphan.pid;
}

/** Takes the port of the UI before the UI is there; the next one when somebody was faster on the chosen one. */
async function guardUi(
  ui: HiddenUi,
  last: number | null,
  options: TemporalOptions,
): Promise<{ guard: UiGuard; uiPort: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const uiPort = await chooseUiPort(options.uiPort, last);
    try {
      return { guard: await startUiGuard({ port: uiPort, ui, publicHost: options.uiHost ?? null }), uiPort };
    } catch (error) {
      if (attempt === launchAttempts) throw error;
    }
  }
}

/** The configured port if it is free; else, with any port allowed, the one of last time; else the next free one. */
async function chooseUiPort(configured: number, last: number | null): Promise<number> {
  if (configured === 0 && last !== null && (await isPortFree(last))) return last;
  return freePortFrom(configured);
}

function serverArguments(input: {
  database: string;
  port: number;
  ui: HiddenUi;
  namespace: string;
}): string[] {
  return [
    ...['server', 'start-dev', '--db-filename', input.database],
    // As fast as in memory, and still safe against `kill -9`; only a power loss may take the last moment, and Postgres
    // is the truth from which journeys are rebuilt.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
    ...['--ip', '127.0.0.1', '--port', String(input.port)],
    ...['--ui-ip', input.ui.host, '--ui-port', String(input.ui.port)],
    // The HTTP API beside gRPC is on a port of chance and takes every name, too, unless it is told which.
    ...['--dynamic-config-value', 'frontend.httpAllowedHosts=["127.0.0.1:*"]'],
    ...['--namespace', input.namespace, '--log-level', 'warn'],
    ...SEARCH_ATTRIBUTES.flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
    ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
    // One shard polls for new work 20 times a second by default: every hop of a workflow would wait for its 50 ms tick.
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
    ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
  ];
}

/** Our environment without what the `temporal` command would take for its own settings. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** Null once gRPC and UI both answer for the namespace; else why they never will. */
async function untilServing(
  at: { readonly port: number; readonly uiPort: number; readonly namespace: string },
  exited: Promise<ExitReason>,
): Promise<string | null> {
  let ended: ExitReason | null = null;
  void exited.then((reason) => {
    ended = reason;
  });
  const deadline = Date.now() + startTimeoutMs;
  while (ended === null) {
    // A refused gRPC connection would be tried again only after a second.
    const listening = await acceptsConnections(at.port);
    if (listening && (await isServing(`127.0.0.1:${at.port}`, at.namespace)) && (await showsNamespace(at)))
      return null;
    if (Date.now() >= deadline) return `no answer after ${startTimeoutMs / 1000} s`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ended;
}

/** The UI answers 503 for the first moments of the server. */
async function showsNamespace(at: { readonly uiPort: number; readonly namespace: string }): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${at.uiPort}/api/v1/namespaces/${encodeURIComponent(at.namespace)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** True when the server answers for the namespace. */
export async function isServing(address: string, namespace: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      await connection.withDeadline(Date.now() + 1_000, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

function statePath(folder: string): string {
  return join(folder, 'server.json');
}

function readState(folder: string): State {
  let state: State = { pid: null, port: null, uiPort: null };
  quietly(() => {
    if (!existsSync(statePath(folder))) return;
    const value = JSON.parse(readFileSync(statePath(folder), 'utf8')) as Partial<State>;
    state = { pid: value.pid ?? null, port: portOf(value.port), uiPort: portOf(value.uiPort) };
  });
  return state;
}

/** It only tells the next start which ports to try first. */
function keepState(folder: string, state: State): void {
  quietly(() => replaceFile(statePath(folder), `${JSON.stringify(state, null, 2)}\n`));
}

/** Where everything of Temporal is inside a data folder. */
export function temporalFolder(dataDir: string): string {
  return join(dataDir, 'temporal');
}

/** The log of Temporal inside a data folder. */
export function temporalLogFile(dataDir: string): string {
  return join(dataDir, 'logs', 'temporal.log');
}
