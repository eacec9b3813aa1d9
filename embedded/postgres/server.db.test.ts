import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { makeTestDataDir } from '../../testing/servers';
import { processIdentity } from '../process-table';
import { ensureDatabase, type PostgresServer, startPostgres } from './server';

let dataDir: string;
let foreign: Server | undefined;
const started: PostgresServer[] = [];
beforeEach(() => {
  dataDir = makeTestDataDir();
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await new Promise((resolve) => (foreign === undefined ? resolve(0) : foreign.close(resolve)));
  foreign = undefined;
  rmSync(dataDir, { recursive: true });
});

async function start(): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, logFile: join(dataDir, 'postgres.log'), durability: 'full' });
  started.push(server);
  return server;
}

async function query(server: PostgresServer, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url('kept') });
  // A test may kill the server under an open connection.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function startWithRow(): Promise<PostgresServer> {
  const server = await start();
  await ensureDatabase(server, 'kept');
  await query(server, 'CREATE TABLE t AS SELECT 42 AS n');
  return server;
}

const rows = [{ n: 42 }];

describe('startPostgres', () => {
  it('keeps its data and its port over an orderly stop', async () => {
    const first = await startWithRow();
    await first.stop();
    expect(await first.exited).toBe('exit code 0');
    const second = await start();
    expect(second.port).toBe(first.port);
    expect(second.notes).toEqual(first.notes);
    expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
  });

  it('asks for a password', async () => {
    const server = await startWithRow();
    const url = new URL(server.url('kept'));
    url.password = 'guess';
    await expect(new Client({ connectionString: url.href }).connect()).rejects.toThrow(/password/);
  });

  it('comes back after a kill -9, although sessions of the dead server linger', async () => {
    const first = await startWithRow();
    const client = new Client({ connectionString: first.url('kept') });
    client.on('error', () => undefined);
    await client.connect();
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe('signal SIGKILL');
    const second = await start();
    expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
    await client.end().catch(() => undefined);
  });

  it('replaces the server that an earlier run has left behind', async () => {
    const orphan = await startWithRow();
    const second = await start();
    expect(await orphan.exited).toBe('exit code 0');
    expect(second.notes).toContain(`A PostgreSQL of an earlier run (pid ${orphan.pid}) was stopped`);
    expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
  });

  it('does not take a stranger for its own server when the pid of its pid file was given away', async () => {
    const first = await startWithRow();
    const clusterDir = join(dataDir, 'postgres');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const stranger = process.ppid;
    writeFileSync(
      join(clusterDir, 'postmaster.pid'),
      `${stranger}\n${clusterDir}\n1790000000\n${first.port}\n`,
    );
    const second = await start();
    expect(processIdentity(stranger)).not.toBeNull();
    expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
  });

  it.each([
    ['a pid file that the machine left empty', 'postmaster.pid', ''],
    ['a pid file that the machine left half', 'postmaster.pid', 'half'],
  ])('comes back in spite of %s', async (_what, name, text) => {
    const first = await startWithRow();
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    writeFileSync(join(dataDir, 'postgres', name), text);
    expect(await query(await start(), 'SELECT n FROM t')).toEqual(rows);
  });

  it('says plainly that its password is lost, and makes no new database', async () => {
    const first = await startWithRow();
    await first.stop();
    const secrets = join(dataDir, 'postgres', 'clickchain.json');
    const text = readFileSync(secrets, 'utf8');
    for (const damaged of ['', '{"pass', 'null']) {
      writeFileSync(secrets, damaged);
      await expect(start()).rejects.toThrow(`${secrets} is damaged, and it held the password`);
    }
    writeFileSync(secrets, text.replace(String(first.port), '123456789'));
    expect(await query(await start(), 'SELECT n FROM t')).toEqual(rows);
  });

  it('leaves its port to a foreign server and moves, for good', async () => {
    const first = await startWithRow();
    await first.stop();
    const taken = createServer();
    foreign = taken;
    await new Promise<void>((resolve) => void taken.listen(first.port, '127.0.0.1', resolve));
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(second.notes.at(-1)).toContain(`moved to ${second.port}`);
    expect(taken.listening).toBe(true);
    expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
    await second.stop();
    expect((await start()).port).toBe(second.port);
  });

  it('says why it does not start', async () => {
    const server = await start();
    await server.stop();
    writeFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense = on\n');
    await expect(start()).rejects.toThrow(/did not start: exit code 1[\s\S]*nonsense/);
  });
});

describe('data in a data folder that is closed to others, so that root has it elsewhere', () => {
  it.each([
    ['is damaged', (path: string) => writeFileSync(path, '{"clust')],
    ['is lost', (path: string) => rmSync(path)],
  ])('is found although the note of where it is %s', async (_how, spoil) => {
    chmodSync(dataDir, 0o700);
    const first = await startWithRow();
    await first.stop();
    writeFileSync(join(dataDir, 'instance.json'), '');
    const { clusterDir } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as {
      clusterDir: string;
    };
    try {
      spoil(join(dataDir, 'postgres.json'));
      const second = await start();
      expect(await query(second, 'SELECT n FROM t')).toEqual(rows);
    } finally {
      for (const server of started.splice(0)) await server.stop();
      if (!clusterDir.startsWith(dataDir)) rmSync(dirname(clusterDir), { recursive: true });
    }
  });
});
