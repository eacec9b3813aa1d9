import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../embedded/ports';
import { repositoryRoot } from './source-files';
import { until } from './until';

/** The built API, as `npm start` and the image run it, on a port of its own. */
export interface ApiUnderTest {
  readonly url: string;
  readonly pid: number;
  /** Pids of the serving processes by name (`api`, or `api-1`, `api-2` …), the latest of each. */
  serving(): ReadonlyMap<string, number>;
  /** Everything that it has logged. */
  output(): string;
  /** Sends the signal and waits for the end; the exit code, or the signal that ended it. */
  stop(signal: NodeJS.Signals): Promise<number | string | null>;
}

const entry = join(repositoryRoot, 'dist', 'api', 'server.js');
// Ends the API when the test process dies, even by `kill -9`: nobody else would.
const parentWatch = join(repositoryRoot, 'dist', 'embedded', 'parent-watch.js');
const READY_WITHIN_MS = 60_000;

/** Starts it and waits until `processes` of it serve. */
export async function startApi(
  databaseUrl: string,
  processes: number,
  env: Readonly<Record<string, string>> = {},
): Promise<ApiUnderTest> {
  const port = await freePort();
  const child = fork(entry, [], {
    silent: true,
    execArgv: ['--require', parentWatch],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      CLICKCHAIN_PORT: String(port),
      CLICKCHAIN_API_PROCESSES: String(processes),
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const serving = () => servingIn(output);
  await until(
    'the API to serve',
    async () => {
      if (hasEnded(child)) throw new Error(`the API has ended:\n${output}`);
      return serving().size === processes;
    },
    READY_WITHIN_MS,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    serving,
    output: () => output,
    stop: async (signal) => {
      if (!hasEnded(child)) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      return child.exitCode ?? child.signalCode;
    },
  };
}

function servingIn(output: string): ReadonlyMap<string, number> {
  const ready = output
    .split('\n')
    .filter((line) => line.includes('"msg":"api ready"') && line.endsWith('}'))
    .map((line): { name: string; pid: number } => JSON.parse(line));
  return new Map(ready.map(({ name, pid }) => [name, pid]));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
