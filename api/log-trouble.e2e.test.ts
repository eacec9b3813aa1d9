import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../embedded/ports';
import { repositoryRoot } from '../testing/source-files';
import { until } from '../testing/until';

const STEP_MS = 60_000;

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

it(
  'an API whose log cannot be written answers all the same, and ends when it is told to',
  async () => {
    const port = await freePort();
    // Open for reading only: every write fails, as on a full disk.
    const deaf = openSync(devNull, 'r');
    child = fork(join(repositoryRoot, 'dist', 'api', 'server.js'), [], {
      stdio: ['ignore', deaf, deaf, 'ipc'],
      env: {
        PATH: process.env.PATH,
        // Nobody listens there: what it has to say of that, it says to the log.
        DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`,
        CLICKCHAIN_PORT: String(port),
        CLICKCHAIN_LOG_LEVEL: 'trace',
      },
    });
    closeSync(deaf);
    const ask = (path: string): Promise<number | null> =>
      fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) }).then(
        ({ status }) => status,
        () => null,
      );
    await until('the API to serve', async () => (await ask('/healthz')) === 200, STEP_MS);
    expect(await ask('/readyz')).toBe(503);
    expect(await ask('/healthz')).toBe(200);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  },
  STEP_MS,
);
