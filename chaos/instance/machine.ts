import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultPoint } from '../../config/fault-points';
import { processIdentity } from '../../embedded/process-table';
import { startTcpProxy, type TcpProxy, throughProxy } from '../../testing/tcp-proxy';
import { until } from '../../testing/until';
import type { Whereabouts } from '../audit/collect-evidence';
import type { Plan } from '../plan';
import type { Releases } from '../releases';
import { type ClockRole, setClock } from './clocks';
import { type Disks, mountDisks } from './disks';
import { createInstance, type Instance, type ProcessName } from './instance';
import { processTree } from './process-tree';

export interface Network {
  readonly database: TcpProxy;
  readonly temporal: TcpProxy;
}

/** An instance, or two that share the work: one with the databases, one with API and worker, and a network between. */
export interface Machine {
  readonly apiUrl: string;
  readonly adminKey: string | null;
  /** Null where the processes reach the databases directly. */
  readonly network: Network | null;
  /** Of the databases themselves, past any proxy. */
  whereabouts(): Whereabouts;
  /** Waits for a process to be there, and names it. */
  pid(name: ProcessName): Promise<number>;
  pidNow(name: ProcessName): number | null;
  /** Sends the signal to the process and all its children. */
  signal(name: ProcessName, signal: NodeJS.Signals): Promise<void>;
  /** `kill -9`; resolves once it is dead. */
  kill(name: ProcessName): Promise<void>;
  /** Makes the next process that passes this point die there. */
  arm(point: FaultPoint): void;
  disarm(point: FaultPoint): void;
  /** By how many milliseconds the clock of a role is wrong; resolves once its processes go by it. */
  shiftClock(role: ClockRole, ms: number): Promise<void>;
  /** Of the instance that has the databases and the one that has the API; or why there are none to fill. */
  readonly disks: { readonly databases: Disks; readonly application: Disks } | { readonly missing: string };
  /** Null unless the round exchanges the code of workflows. */
  readonly releases: Releases | null;
  /** Everything that the commands have printed. */
  output(): string;
  /** Runs a command of the product on the databases. */
  run(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Takes the database of Temporal away, or overwrites it, and lets the server start without it. */
  loseTemporal(how: 'wiped' | 'damaged'): Promise<void>;
  /** What was printed, and the ends of all logs. */
  explain(): string;
  remove(): Promise<void>;
}

export interface MachineOptions {
  readonly distDir: string;
  readonly sinkPort: number;
  readonly network: Plan['network'];
  /** Puts disks under it that can be filled, where that is allowed. */
  readonly smallDisks?: boolean;
  readonly releases?: Releases | null;
  readonly env?: Readonly<Record<string, string>>;
}

const THERE_WITHIN_MS = 120_000;

/** Boots it. What has come up is taken down again when the rest does not. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const faultsFolder = mkdtempSync(join(tmpdir(), 'clickchain-chaos-'));
  const toRemove: (() => Promise<void>)[] = [];
  const remove = async (): Promise<void> => {
    for (const one of toRemove.splice(0).toReversed()) await one();
    rmSync(faultsFolder, { recursive: true, force: true });
  };
  try {
    return await boot(options, faultsFolder, toRemove, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function boot(
  { distDir, sinkPort, network, smallDisks = false, releases = null, env = {} }: MachineOptions,
  faultsFolder: string,
  toRemove: (() => Promise<void>)[],
  remove: () => Promise<void>,
): Promise<Machine> {
  const faulty = {
    CLICKCHAIN_FAULT_POINTS: faultsFolder,
    CHAOS_CLOCK_DIR: faultsFolder,
    NODE_OPTIONS: `--require ${join(distDir, 'chaos', 'clock-shift.js')}`,
    ...env,
  };
  let noDisks = 'none were asked for';
  const disks = (dataDir: string): Disks | null => {
    if (!smallDisks) return null;
    try {
      return mountDisks(dataDir);
    } catch (error) {
      noDisks = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
      return null;
    }
  };
  const start = async (variables: Readonly<Record<string, string>>): Promise<Instance> => {
    const instance = await createInstance({ distDir, sinkPort, env: variables, disks });
    toRemove.push(() => instance.remove());
    await instance.explained(() => instance.start());
    return instance;
  };
  const common = () => ({ faultsFolder, noDisks, releases, remove });
  if (network === null) {
    const instance = await start(faulty);
    return machineOf({ data: instance, application: instance, network, ...common() });
  }
  const data = await start({ ...env, CLICKCHAIN_WORKER_ROLES: 'sweep' });
  const { databaseUrl, temporalAddress } = data.info();
  const proxyTo = async (port: number): Promise<TcpProxy> => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port, ...network });
    toRemove.push(() => proxy.stop());
    return proxy;
  };
  const database = await proxyTo(Number(new URL(databaseUrl).port));
  const temporal = await proxyTo(Number(temporalAddress.split(':')[1]));
  const application = await start({
    ...faulty,
    DATABASE_URL: throughProxy(databaseUrl, database),
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
  });
  return machineOf({ data, application, network: { database, temporal }, ...common() });
}

interface Parts {
  readonly data: Instance;
  readonly application: Instance;
  readonly network: Network | null;
  readonly faultsFolder: string;
  readonly noDisks: string;
  readonly releases: Releases | null;
  remove(): Promise<void>;
}

function machineOf({ data, application, network, faultsFolder, noDisks, releases, remove }: Parts): Machine {
  const instances = [...new Set([data, application])];
  const homeOf = (name: ProcessName): Instance =>
    name === 'postgres' || name === 'temporal' ? data : application;
  const pid = (name: ProcessName): Promise<number> =>
    until(`a ${name}`, async () => homeOf(name).info().pids[name], THERE_WITHIN_MS);
  const kill = async (name: ProcessName): Promise<void> => {
    const victim = await pid(name);
    sendTo([victim], 'SIGKILL');
    await until(`the end of ${name}`, async () => processIdentity(victim) === null);
  };
  const signal = async (name: ProcessName, what: NodeJS.Signals): Promise<void> =>
    sendTo(processTree(await pid(name)), what);
  return {
    apiUrl: application.info().apiUrl,
    adminKey: data.info().adminKey,
    network,
    whereabouts: () => data.info(),
    pid,
    pidNow: (name) => homeOf(name).info().pids[name],
    signal,
    kill,
    arm: (point) => writeFileSync(join(faultsFolder, point), ''),
    disarm: (point) => rmSync(join(faultsFolder, point), { force: true }),
    shiftClock: (role, ms) => setClock(faultsFolder, role, ms),
    disks:
      data.disks === null || application.disks === null
        ? { missing: noDisks }
        : { databases: data.disks, application: application.disks },
    releases,
    output: () => instances.map((instance) => instance.output()).join('\n'),
    run: (...args) => data.run(...args),
    async loseTemporal(how) {
      const supervisor = [await pidOfSupervisor(data)];
      // Nobody may start it again before its files are gone.
      sendTo(supervisor, 'SIGSTOP');
      try {
        await kill('temporal');
        const folder = join(data.dataDir, 'temporal');
        if (how === 'wiped') removeDatabase(folder);
        else writeFileSync(join(folder, DATABASE), 'no database');
      } finally {
        sendTo(supervisor, 'SIGCONT');
      }
    },
    explain: () => instances.map((instance) => instance.explain()).join('\n'),
    remove,
  };
}

const DATABASE = 'temporal.sqlite';

/** The file and its journals; what remains tells the next server its ports. */
function removeDatabase(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.startsWith(DATABASE))) {
    rmSync(join(folder, name));
  }
}

async function pidOfSupervisor(instance: Instance): Promise<number> {
  const { supervisor } = instance.info().pids;
  if (supervisor === null) throw new Error('nothing supervises the instance');
  return supervisor;
}

/** Who has ended by itself needs no signal. */
function sendTo(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const one of pids) {
    try {
      process.kill(one, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
