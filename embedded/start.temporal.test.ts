import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { Client } from 'pg';
import { parseConfig } from '../config/config';
import type { RebuildSummary } from '../db/rebuild-journeys';
import { devServerPath, makeTestDataDir } from '../testing/servers';
import { until } from '../testing/until';
import { instanceFilePath, readInstanceFile } from './instance-file';
import { processIdentity } from './process-table';
import { silentReporter } from './progress';
import { type EmbeddedInstance, startEmbedded } from './start';

// Stand-ins: what matters here is the handling of processes. They tell what they were given.
const apiScript = `
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(CLICKCHAIN|TEMPORAL|DATABASE)_/.test(name)));
const server = require('http').createServer((request, response) => response.end(JSON.stringify(env)));
server.listen(Number(process.env.CLICKCHAIN_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));`;
const none = { found: 0, queued: 0 };
const nothingOpen: RebuildSummary = { events: none, postbacks: none, timers: none, clicks: none, upTo: 0n };
const workerScript = `setInterval(() => 0, 1000);`;

let program: string;
let dataDir: string;
let instance: EmbeddedInstance | undefined;
let rebuilt: number;

// The first run on a machine may have to build the server.
beforeAll(async () => {
  program = await devServerPath();
}, 10 * 60_000);
beforeEach(() => {
  dataDir = makeTestDataDir();
  rebuilt = 0;
});
afterEach(async () => {
  await instance?.stop();
  instance = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

function buildStandIns(): string {
  const dist = join(dataDir, 'dist');
  for (const room of ['api', 'workers', 'embedded']) mkdirSync(join(dist, room), { recursive: true });
  writeFileSync(join(dist, 'api', 'server.js'), apiScript);
  writeFileSync(join(dist, 'workers', 'main.js'), workerScript);
  const watch = readFileSync(join(__dirname, 'parent-watch.ts'), 'utf8');
  const { code } = transformSync(watch, {
    jsc: { parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  writeFileSync(join(dist, 'embedded', 'parent-watch.js'), code);
  return dist;
}

async function start(env: Record<string, string> = {}): Promise<EmbeddedInstance> {
  const config = parseConfig({
    CLICKCHAIN_DATA_DIR: dataDir,
    CLICKCHAIN_PORT: '0',
    CLICKCHAIN_SINK_PORT: '0',
    TEMPORAL_UI_PORT: '0',
    TEMPORAL_CLI_PATH: program,
    ...env,
  });
  const first = !existsSync(instanceFilePath(dataDir));
  instance = await startEmbedded(config, silentReporter, {
    distDir: buildStandIns(),
    prepareDatabase: async (databaseUrl, adminKey) => {
      const made = first ? 'ck_made_at_the_first_start' : null;
      const rows = await query(
        databaseUrl,
        'CREATE TABLE IF NOT EXISTS t (n int); SELECT count(*)::int AS n FROM t',
      );
      expect(rows).toEqual([{ n: first ? 0 : 1 }]);
      return { applied: [], workspaceId: 'wsp_1', adminKey: adminKey ?? made };
    },
    rebuildJourneys: async () => {
      rebuilt += 1;
      return nothingOpen;
    },
  });
  return instance;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const results = [await client.query(sql)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

async function environmentOfApi(apiUrl: string): Promise<Record<string, string>> {
  return (await (await fetch(apiUrl)).json()) as Record<string, string>;
}

describe('an embedded instance', () => {
  it('comes up, tells where it is, and keeps state, addresses and key over a restart', async () => {
    const first = (await start()).info;
    expect(statSync(instanceFilePath(dataDir)).mode & 0o777).toBe(0o600);
    expect(readInstanceFile(dataDir)).toEqual(first);
    expect(first.adminKey).toBe('ck_made_at_the_first_start');
    expect(await environmentOfApi(first.apiUrl)).toMatchObject({
      DATABASE_URL: first.databaseUrl,
      TEMPORAL_ADDRESS: first.temporalAddress,
      TEMPORAL_UI_URL: first.temporalUiUrl,
      CLICKCHAIN_PUBLIC_URL: first.apiUrl,
      CLICKCHAIN_ALLOWED_SINK: `127.0.0.1:${first.sinkPort}`,
    });
    await query(first.databaseUrl, 'INSERT INTO t VALUES (1)');
    await instance?.stop();
    expect(Object.values(first.pids).map((pid) => pid === process.pid || processIdentity(pid ?? 0))).toEqual([
      true,
      null,
      null,
      null,
      null,
    ]);
    const second = (await start()).info;
    expect({ ...second, pids: null }).toEqual({ ...first, pids: null });
  }, 60_000);

  it('restarts each process that is killed', async () => {
    const { info } = await start({ CLICKCHAIN_ADMIN_KEY: 'a-key-of-twenty-four-chars' });
    expect(await environmentOfApi(info.apiUrl)).not.toHaveProperty('CLICKCHAIN_ADMIN_KEY');
    await query(info.databaseUrl, 'INSERT INTO t VALUES (1)');
    for (const name of ['api', 'worker', 'temporal', 'postgres'] as const) {
      process.kill(info.pids[name] ?? 0, 'SIGKILL');
    }
    const again = await until('four new processes', async () => {
      const now = readInstanceFile(dataDir);
      const fresh = Object.entries(now?.pids ?? {}).filter(([name, pid]) => {
        return pid !== null && pid !== info.pids[name as keyof typeof info.pids];
      });
      return fresh.length === 4 ? now : null;
    });
    expect({ ...again, pids: null }).toEqual({ ...info, pids: null });
    expect(await query(info.databaseUrl, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
    expect(info.adminKey).toBe('a-key-of-twenty-four-chars');
  }, 60_000);

  it('starts journeys again whenever Temporal has lost its database, and then only', async () => {
    await start();
    const isAllSaid = (): Promise<boolean> =>
      until(
        'everything to be started again',
        async () => !existsSync(join(dataDir, 'temporal', 'lost.json')),
      );
    await isAllSaid();
    expect(rebuilt).toBe(1);
    await query(instance?.info.databaseUrl ?? '', 'INSERT INTO t VALUES (1)');
    const { temporal = 0 } = readInstanceFile(dataDir)?.pids ?? {};
    writeFileSync(join(dataDir, 'temporal', 'temporal.sqlite'), 'damaged');
    process.kill(temporal ?? 0, 'SIGKILL');
    await until('journeys to be started again', async () => rebuilt === 2);
    await isAllSaid();
    await instance?.stop();
    await start();
    await instance?.stop();
    expect(rebuilt).toBe(2);
    rmSync(join(dataDir, 'temporal'), { recursive: true });
    await start();
    await isAllSaid();
    expect(rebuilt).toBe(3);
  }, 60_000);

  it('comes up in spite of damaged notes of its own, and without logs', async () => {
    await start();
    await query(instance?.info.databaseUrl ?? '', 'INSERT INTO t VALUES (1)');
    await instance?.stop();
    writeFileSync(instanceFilePath(dataDir), '{"apiU');
    writeFileSync(join(dataDir, 'temporal', 'server.json'), '');
    rmSync(join(dataDir, 'logs'), { recursive: true });
    writeFileSync(join(dataDir, 'logs'), '');
    const { info } = await start();
    expect(await environmentOfApi(info.apiUrl)).toMatchObject({ DATABASE_URL: info.databaseUrl });
    expect(readInstanceFile(dataDir)?.apiUrl).toBe(info.apiUrl);
  }, 60_000);

  it('uses given servers and starts none of its own', async () => {
    const own = (await start()).info;
    await query(own.databaseUrl, 'INSERT INTO t VALUES (1)');
    const other = makeTestDataDir();
    const config = parseConfig({
      CLICKCHAIN_DATA_DIR: other,
      CLICKCHAIN_PORT: '0',
      DATABASE_URL: own.databaseUrl,
      TEMPORAL_ADDRESS: own.temporalAddress,
    });
    const second = await startEmbedded(config, silentReporter, {
      distDir: join(dataDir, 'dist'),
      prepareDatabase: async () => ({ applied: [], workspaceId: 'wsp_1', adminKey: null }),
    });
    const { info } = second;
    await second.stop();
    rmSync(other, { recursive: true });
    expect(info).toMatchObject({
      databaseUrl: own.databaseUrl,
      temporalAddress: own.temporalAddress,
      adminKey: null,
    });
    expect(info.pids).toMatchObject({ postgres: null, temporal: null });
  }, 60_000);

  it('stops what it had started when the API does not become ready', async () => {
    const config = parseConfig({
      CLICKCHAIN_DATA_DIR: dataDir,
      CLICKCHAIN_PORT: '0',
      TEMPORAL_UI_PORT: '0',
      TEMPORAL_CLI_PATH: program,
    });
    const distDir = buildStandIns();
    writeFileSync(
      join(distDir, 'api', 'server.js'),
      `process.stderr.write('no licence to serve', () => process.exit(3));`,
    );
    const failing = startEmbedded(config, silentReporter, {
      distDir,
      prepareDatabase: async () => ({ applied: [], workspaceId: 'wsp_1', adminKey: 'k' }),
    });
    await expect(failing).rejects.toThrow(
      /did not become ready: it ended \(exit code 3\)\nno licence to serve/,
    );
    expect(readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8')).toContain(
      'database system is shut down',
    );
  }, 60_000);
});
