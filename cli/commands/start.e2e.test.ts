import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstance, type Instance } from '../../chaos/instance/instance';
import type { InstanceInfo } from '../../embedded/instance-file';
import { repositoryRoot } from '../../testing/source-files';
import { until } from '../../testing/until';

/** Seconds on a quiet machine. */
const STEP_MS = 180_000;

let instance: Instance;
let info: InstanceInfo;

// The first run on a machine may have to build the Temporal server.
beforeAll(async () => {
  instance = await createInstance({ distDir: join(repositoryRoot, 'dist'), sinkPort: 0 });
  info = await instance.explained(() => instance.start());
}, 10 * 60_000);

afterAll(async () => {
  await instance?.remove();
}, STEP_MS);

async function statusOf(url: string): Promise<[string, number]> {
  const response = await fetch(url);
  await response.body?.cancel();
  return [url, response.status];
}

describe('npm start', () => {
  it('is the command that is tested here, freshly built', () => {
    const text = readFileSync(join(repositoryRoot, 'package.json'), 'utf8');
    expect(JSON.parse(text).scripts).toMatchObject({
      prestart: 'npm run --silent build',
      start: 'node dist/cli/main.js start',
      presimulate: 'npm run --silent build',
      simulate: 'node dist/cli/main.js simulate',
    });
  });

  it(
    'prints addresses that answer',
    async () => {
      const printed = instance.output().match(/https?:\/\/\S+/g) ?? [];
      expect(printed).toEqual([info.apiUrl, info.docsUrl, info.temporalUiUrl]);
      const pages = [info.docsUrl, info.temporalUiUrl];
      const paths = ['/healthz', '/readyz', '/openapi.json', '/metrics'].map(
        (path) => `${info.apiUrl}${path}`,
      );
      const answers = await Promise.all([...pages, ...paths].map(statusOf));
      expect(answers.filter(([, status]) => status !== 200)).toEqual([]);
    },
    STEP_MS,
  );

  it(
    'refuses to start twice on one data folder and names who is there',
    async () => {
      const { code, output } = await instance.run('start');
      expect(output).toContain(
        `Clickchain is running on ${instance.dataDir} already (pid ${info.pids.supervisor}).`,
      );
      expect(code).toBe(1);
      expect(instance.info()).toEqual(info);
    },
    STEP_MS,
  );

  it(
    'gives the simulator what it needs',
    async () => {
      await instance.explained(async () => {
        const { code, output } = await instance.run('simulate', '--auto', '--clicks', '40', '--seed', '7');
        expect(output).toContain('Everything is as planned');
        expect(output).toContain('Temporal UI API answers 200');
        expect(code).toBe(0);
      });
    },
    STEP_MS,
  );

  it(
    'tells the simulator’s user how to start it when a scenario needs addresses that it does not believe',
    async () => {
      const { code, output } = await instance.run('simulate', '--scenario', 'clicks-per-ip');
      expect(output).toMatch(/clicks-per-ip +not shown/);
      expect(output).toContain('CLICKCHAIN_TRUSTED_PROXIES=127.0.0.1/32 npm start');
      expect(code).toBe(1);
    },
    STEP_MS,
  );

  it(
    'starts its journeys again when the database of Temporal is damaged, and says so in a line',
    async () => {
      await instance.explained(async () => {
        await instance.stop('SIGTERM');
        const database = join(instance.dataDir, 'temporal', 'temporal.sqlite');
        writeFileSync(database, 'no database');
        const printedBefore = instance.output().length;
        await instance.start();
        const line = await until('a line about it', async () => {
          return (
            /Temporal's database was damaged .*/.exec(instance.output().slice(printedBefore))?.[0] ?? null
          );
        });
        expect(line).toMatch(/the old one is kept as \S+set-aside\S+\. .* [1-9]\d* open journeys/);
        const [, aside = ''] = /kept as (\S+)\. /.exec(line) ?? [];
        expect(readFileSync(aside, 'utf8')).toBe('no database');
        const { code, output } = await instance.run('rebuild-journeys');
        expect(output).toContain('Temporal knows everything again.');
        expect(code).toBe(0);
      });
    },
    STEP_MS,
  );

  it(
    'goes on when nobody hears it any more, and ends in order',
    async () => {
      await instance.explained(async () => {
        instance.hearNoMore();
        const worker = await instance.kill('worker');
        await until('another worker', async () => ![worker, null].includes(instance.info().pids.worker));
        expect(await statusOf(`${info.apiUrl}/readyz`)).toEqual([`${info.apiUrl}/readyz`, 200]);
        expect(await instance.stop('SIGTERM')).toEqual({ code: 0, signal: null });
        await instance.start();
      });
    },
    STEP_MS,
  );

  it(
    'stops on Ctrl+C and leaves no process behind',
    async () => {
      expect(await instance.stop('SIGINT')).toEqual({ code: 0, signal: null });
      expect(instance.output()).toMatch(/Stopped\.\n$/);
      expect(instance.leftovers()).toEqual([]);
      expect(Object.values(instance.info().pids).filter((pid) => pid !== null)).toEqual([]);
    },
    STEP_MS,
  );

  it(
    'says what to do when nothing runs',
    async () => {
      const { code, output } = await instance.run('simulate', '--auto', '--clicks', '1', '--seed', '1');
      expect(output).toContain('npm start');
      expect(code).not.toBe(0);
    },
    STEP_MS,
  );
});
