import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { devServerPath, makeTestDataDir } from '../../testing/servers';
import { until } from '../../testing/until';
import { freePort } from '../ports';
import { processIdentity } from '../process-table';
import { forgetLostHistory, readLostHistory } from './lost-history';
import { isServing, servesDatabase, startTemporal, type TemporalServer } from './server';

let program: string;
let dataDir: string;
let foreign: Server | undefined;
const started: TemporalServer[] = [];
const folders: string[] = [];

// The first run on a machine may have to build the server.
beforeAll(async () => {
  program = await devServerPath();
}, 10 * 60_000);
beforeEach(() => {
  dataDir = newDataDir();
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  foreign?.close();
  foreign = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newDataDir(): string {
  const folder = makeTestDataDir();
  folders.push(folder);
  return folder;
}

const logFileOf = (home: string): string => join(home, 'temporal.log');
const folder = (): string => join(dataDir, 'temporal');
const database = (): string => join(folder(), 'temporal.sqlite');

async function start(
  home = dataDir,
  uiPort = 0,
  command = program,
  damage: string | null = null,
): Promise<TemporalServer> {
  const options = { dataDir: home, program: command, logFile: logFileOf(home), uiPort };
  const server = await startTemporal({ ...options, namespace: 'default', damage });
  started.push(server);
  return server;
}

/** Overwrites all but the beginning, which is all that is looked at before a start. */
function spoil(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0x5a, 100));
  rmSync(`${path}-wal`);
}

async function withClient<Result>(
  server: TemporalServer,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** The ports of 127.0.0.1, and of every address, on which the process listens. */
function listeningPorts(pid: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state, , , , , , inode]) => {
        const isReachable = local.startsWith('0100007F:') || /^0+:/.test(local);
        return state === '0A' && isReachable && own.has(inode ?? '');
      })
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  );
}

/** What a browser would read that has taken the name for a name of this machine; empty when there is no HTTP answer. */
async function readUnder(host: string, port: number, path: string): Promise<string> {
  const asking = request({ host: '127.0.0.1', port, path, headers: { host }, timeout: 2_000 });
  asking.on('timeout', () => asking.destroy(new Error('no answer')));
  asking.end();
  try {
    const [answer] = await once(asking, 'response');
    let text = '';
    for await (const part of answer) text += String(part);
    return text;
  } catch {
    return '';
  }
}

/** A server that, the first time, waits until its port is taken, and fails. */
function slowScript(paths: { program: string; wanted: string; taken: string }): string {
  return `#!/bin/sh
if [ -e "${paths.taken}" ]; then exec "${paths.program}" "$@"; fi
while [ "$1" != --port ]; do shift; done
echo "$2" > "${paths.wanted}"
while [ ! -e "${paths.taken}" ]; do sleep 0.05; done
exit 2
`;
}

describe('startTemporal', () => {
  it('keeps workflows, ports and search attributes over a kill -9', async () => {
    const first = await start();
    await withClient(first, (client) =>
      client.workflow.start('waiting', {
        workflowId: 'click:1',
        taskQueue: 'none',
        searchAttributes: {
          WorkspaceId: ['w'],
          CampaignId: ['c'],
          PartnerId: ['p'],
          JourneyStage: ['waiting'],
        },
      }),
    );
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe('signal SIGKILL');
    const second = await start();
    expect(second).toMatchObject({ address: first.address, uiPort: first.uiPort, notes: [] });
    const found = await withClient(second, (client) => client.workflow.getHandle('click:1').describe());
    expect(found.status.name).toBe('RUNNING');
    const ui = await fetch(`http://127.0.0.1:${second.uiPort}/api/v1/namespaces/default`);
    expect(ui.status).toBe(200);
  });

  it('answers on no port of 127.0.0.1 to a name that a stranger’s DNS may have pointed here', async () => {
    const server = await start();
    const ports = listeningPorts(server.pid);
    expect(ports.length).toBeGreaterThan(2);
    for (const port of [...ports, server.uiPort]) {
      for (const path of ['/api/v1/namespaces', '/namespaces', '/']) {
        expect(await readUnder('rebound.example', port, path)).not.toMatch(/namespaceInfo|<html/i);
      }
    }
    expect(await readUnder('localhost', server.uiPort, '/api/v1/namespaces')).toContain('namespaceInfo');
  });

  it('replaces its own orphan even after the data folder was deleted', async () => {
    const orphan = await start();
    rmSync(join(dataDir, 'temporal'), { recursive: true });
    const second = await start();
    await orphan.exited;
    expect(second.notes).toEqual([`A Temporal server of an earlier run (pid ${orphan.pid}) was stopped`]);
    expect(await isServing(second.address, 'default')).toBe(true);
  });

  it('leaves the server of another data folder, and a stranger with a remembered pid, alone', async () => {
    const other = await start(newDataDir());
    const first = await start();
    await first.stop();
    const remembered = { pid: process.ppid, port: Number(other.address.split(':')[1]), uiPort: other.uiPort };
    writeFileSync(join(dataDir, 'temporal', 'server.json'), JSON.stringify(remembered));
    const second = await start();
    expect(second.address).not.toBe(other.address);
    expect(processIdentity(process.ppid)).not.toBeNull();
    expect(await isServing(other.address, 'default')).toBe(true);
  });

  it('takes the next free port for the UI when a foreign program holds the configured one', async () => {
    const uiPort = await freePort();
    const taken = createServer();
    foreign = taken;
    await new Promise<void>((resolve) => void taken.listen(uiPort, '127.0.0.1', resolve));
    const server = await start(dataDir, uiPort);
    expect(server.uiPort).toBeGreaterThan(uiPort);
    expect(server.notes).toEqual([
      `Port ${uiPort} belongs to another program: the Temporal UI is on ${server.uiPort}`,
    ]);
    expect(taken.listening).toBe(true);
  });

  it('takes another port when somebody is faster on the chosen one', async () => {
    const wanted = join(dataDir, 'wanted');
    const taken = join(dataDir, 'taken');
    const slow = join(dataDir, 'slow');
    writeFileSync(slow, slowScript({ program, wanted, taken }), { mode: 0o755 });
    const logFile = join(dataDir, 'temporal.log');
    const starting = startTemporal({ dataDir, program: slow, logFile, uiPort: 0, namespace: 'default' });
    const port = await until('a port to be chosen', async () => {
      return existsSync(wanted) && Number(readFileSync(wanted, 'utf8'));
    });
    const faster = createServer((socket) => socket.destroy());
    foreign = faster;
    await new Promise<void>((resolve) => void faster.listen(port, '127.0.0.1', resolve));
    writeFileSync(taken, '');
    const server = await starting;
    started.push(server);
    expect(server.address).not.toBe(`127.0.0.1:${port}`);
    expect(await isServing(server.address, 'default')).toBe(true);
  });

  it.each<[string, (database: string) => void]>([
    ['is empty', (path) => writeFileSync(path, '')],
    ['has lost its -wal file, and its tables with it', (path) => rmSync(`${path}-wal`)],
    ['begins well and is damaged further on', (path) => spoil(path)],
  ])('sets a database aside that %s, begins a new one, and notes it', async (_what, damage) => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    forgetLostHistory(folder());
    damage(database());
    const second = await start();
    expect(await isServing(second.address, 'default')).toBe(true);
    const aside = readLostHistory(folder())?.aside ?? '';
    expect(aside).toContain('temporal.sqlite.set-aside-');
    expect(existsSync(aside)).toBe(true);
  });

  it('notes a database that is missing, before it makes a new one', async () => {
    await start();
    expect(readLostHistory(folder())).toMatchObject({ reason: 'missing', aside: null });
  });

  it('touches no database because of a port, a program that fails, or a damaged note of its ports', async () => {
    const first = await start();
    await first.stop();
    forgetLostHistory(folder());
    await expect(start(dataDir, 0, process.execPath)).rejects.toThrow(/did not start/);
    writeFileSync(join(folder(), 'server.json'), '{"port": 99999999, "uiP');
    await start();
    expect(readLostHistory(folder())).toBeNull();
    expect(readdirSync(folder()).filter((name) => name.includes('set-aside'))).toEqual([]);
  });

  it('ends when its database turns out to be damaged, and the next start sets it aside', async () => {
    const second = await start();
    forgetLostHistory(folder());
    appendFileSync(
      logFileOf(dataDir),
      'level=ERROR error="Select failed. Error: database disk image is malformed (11)"\n',
    );
    expect(await second.exited).toBe('signal SIGKILL');
    expect(second.damage()).toBe('database disk image is malformed (11)');
    const third = await start(dataDir, 0, program, second.damage());
    expect(third.damage()).toBeNull();
    expect(readLostHistory(folder())).toMatchObject({
      reason: 'database disk image is malformed (11)',
      aside: expect.stringContaining('set-aside'),
    });
  });

  it('says why it does not start', async () => {
    rmSync(join(dataDir, 'temporal'), { recursive: true, force: true });
    const failing = startTemporal({
      dataDir,
      program: process.execPath,
      logFile: join(dataDir, 'temporal.log'),
      uiPort: 0,
      namespace: 'default',
    });
    await expect(failing).rejects.toThrow(/Temporal did not start: exit code \d/);
  });
});

describe('servesDatabase', () => {
  it.each([
    [['temporal', 'server', 'start-dev', '--db-filename', '/a/t.sqlite', '--ip', '127.0.0.1'], true],
    [['temporal', 'server', 'start-dev', '--db-filename', '/b/t.sqlite'], false],
    [['temporal', 'server', 'start-dev'], false],
    [['vim', '--db-filename', '/a/t.sqlite'], false],
  ])('%j', (argv, expected) => {
    expect(servesDatabase(argv, '/a/t.sqlite')).toBe(expected);
  });
});
