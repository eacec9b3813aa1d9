import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type InstanceInfo, type InstancePids, readInstanceFile } from '../../embedded/instance-file';
import { freePortFrom } from '../../embedded/ports';
import { findProcesses, processIdentity, stopProcess } from '../../embedded/process-table';
import { devServerPath, makeTestDataDir } from '../../testing/servers';
import { until } from '../../testing/until';
import { type Disks, unmountDisks } from './disks';

export type ProcessName = keyof InstancePids;

/** How the supervisor ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What `npm start` boots, on a data folder and ports of its own. */
export interface Instance {
  readonly dataDir: string;
  /** Null where its folder is one among others on the disk of the machine. */
  readonly disks: Disks | null;
  /** Everything that the command has printed, over all starts. */
  output(): string;
  /** Closes the pipes to which the command prints, as a terminal that goes away. */
  hearNoMore(): void;
  /** Boots, or boots again; resolves when the command says that it runs. */
  start(): Promise<InstanceInfo>;
  info(): InstanceInfo;
  /** `kill -9` of the process that instance.json names. Resolves once it is dead, with its pid. */
  kill(name: ProcessName): Promise<number>;
  /** Asks the supervisor to stop and waits until it has ended. */
  stop(signal: NodeJS.Signals): Promise<Ending>;
  /** Runs another `clickchain` command on the same data folder to its end. */
  run(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Processes of this instance that still run, as `pid arguments`. */
  leftovers(): string[];
  /** What was printed, and the ends of all logs. */
  explain(): string;
  /** Runs the work; what it throws comes with the ends of all logs. */
  explained<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Ends whatever still runs, by pid, and deletes the data folder. */
  remove(): Promise<void>;
}

const running = 'Clickchain is running.';
// A busy machine may take this long for what takes five seconds.
const startWithinMs = 120_000;
const tailLines = 25;
const maxLineLength = 600;

export interface InstanceOptions {
  /** The compiled product: the `dist` of this checkout, or a copy that was changed on purpose. */
  readonly distDir: string;
  /** Where postbacks may go on loopback; 0 lets the instance choose. */
  readonly sinkPort: number;
  /** Further variables of the product, or ones that replace those given here. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts disks of their own under the folder while it is empty. */
  readonly disks?: (dataDir: string) => Disks | null;
}

/** An instance that does not run yet. */
export async function createInstance({
  distDir,
  sinkPort,
  env = {},
  disks = () => null,
}: InstanceOptions): Promise<Instance> {
  const command = join(distDir, 'cli', 'main.js');
  if (!existsSync(command)) {
    throw new Error(`${command} is missing: run \`npm run build\` first, as \`npm test\` does`);
  }
  const program = await devServerPath();
  // Below the range from which outgoing connections take theirs: none of them can sit there while the API restarts.
  const port = await freePortFrom(20_000 + (process.pid % 1_000) * 10);
  const dataDir = makeTestDataDir();
  const foreign = Object.entries(process.env).filter(
    ([name]) => !/^(CLICKCHAIN_|TEMPORAL_|DATABASE_URL$|TEST_|JEST_|NODE_OPTIONS$|NODE_ENV$)/.test(name),
  );
  const environment = {
    ...Object.fromEntries(foreign),
    CLICKCHAIN_DATA_DIR: dataDir,
    CLICKCHAIN_PORT: String(port),
    CLICKCHAIN_SINK_PORT: String(sinkPort),
    TEMPORAL_UI_PORT: '0',
    TEMPORAL_CLI_PATH: program,
    ...env,
  };
  return instanceOn(dataDir, distDir, environment, disks(dataDir));
}

function instanceOn(dataDir: string, distDir: string, env: NodeJS.ProcessEnv, disks: Disks | null): Instance {
  const command = join(distDir, 'cli', 'main.js');
  // Ends the supervisor in order when this process dies, even by `kill -9`: nobody else would.
  const parentWatch = join(distDir, 'embedded', 'parent-watch.js');
  let supervisor: ChildProcess | null = null;
  let printed = '';

  const info = (): InstanceInfo => {
    const found = readInstanceFile(dataDir);
    if (found === null) throw new Error(`no instance has come up in ${dataDir}`);
    return found;
  };

  const instance: Instance = {
    dataDir,
    disks,
    output: () => printed,
    hearNoMore: () => closeOutputs(supervisor),
    async start() {
      const startsAt = printed.length;
      const child = fork(command, ['start'], { env, silent: true, execArgv: ['--require', parentWatch] });
      supervisor = child;
      listen(child, (text) => {
        printed += text;
      });
      const isUp = async (): Promise<boolean> => {
        if (hasEnded(child)) throw new Error(`the start ended:\n${printed.slice(startsAt)}`);
        return printed.slice(startsAt).includes(running);
      };
      await until('the instance to come up', isUp, startWithinMs);
      return info();
    },
    info,
    async kill(name) {
      const pid = info().pids[name];
      if (pid === null) throw new Error(`${name} does not run`);
      process.kill(pid, 'SIGKILL');
      await until(`the end of ${name}`, async () => processIdentity(pid) === null);
      return pid;
    },
    async stop(signal) {
      if (supervisor === null) throw new Error('the instance was never started');
      if (!hasEnded(supervisor)) {
        const ended = once(supervisor, 'exit');
        supervisor.kill(signal);
        await ended;
      }
      return { code: supervisor.exitCode, signal: supervisor.signalCode };
    },
    run: (...args) => runToEnd([command, ...args], env),
    leftovers: () => processesOn(dataDir).map(({ pid, argv }) => `${pid} ${argv.join(' ')}`),
    explain: () => logTails(dataDir, printed),
    async explained(work) {
      try {
        return await work();
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        reason.message += `\n\n${logTails(dataDir, printed)}`;
        throw reason;
      }
    },
    async remove() {
      if (supervisor !== null && !hasEnded(supervisor)) await instance.stop('SIGTERM');
      await Promise.all(processesOn(dataDir).map(({ pid }) => stopProcess(pid, 'SIGKILL', 5_000)));
      if (disks !== null) unmountDisks(disks);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return instance;
}

async function runToEnd(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  listen(child, (text) => {
    output += text;
  });
  await once(child, 'close');
  return { code: child.exitCode, output };
}

function listen(child: ChildProcess, hear: (text: string) => void): void {
  for (const stream of outputsOf(child)) stream.on('data', (chunk: Buffer) => hear(chunk.toString('utf8')));
}

function closeOutputs(child: ChildProcess | null): void {
  for (const stream of outputsOf(child)) stream.destroy();
}

function outputsOf(child: ChildProcess | null) {
  return [child?.stdout, child?.stderr].filter((stream) => stream instanceof Readable);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Every process of an instance names the data folder, whose name is unique, among its arguments. */
function processesOn(dataDir: string) {
  return findProcesses((argv) => argv.some((argument) => argument.includes(dataDir)));
}

/** The ends of what was printed and logged; of the JSON logs only what is at least a warning. */
function logTails(dataDir: string, printed: string): string {
  const folder = join(dataDir, 'logs');
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return [
    `--- printed\n${tail(printed)}`,
    ...files.map((name) => `--- ${name}\n${tail(readFileSync(join(folder, name), 'utf8'))}`),
  ].join('\n');
}

function tail(text: string): string {
  const lines = text.trimEnd().split('\n');
  const telling = lines.filter((line) => !/^\{"level":[123]0,/.test(line));
  return telling
    .slice(-tailLines)
    .map((line) => line.slice(0, maxLineLength))
    .join('\n');
}
