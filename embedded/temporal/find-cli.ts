import { accessSync, constants, existsSync, renameSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  downloadProgram,
  type FoundProgram,
  findByWays,
  makeOnce,
  runToEnd,
  temporalDownloads,
  type Way,
} from '../fetch-program';
import { userCacheDir } from '../user-cache';

/** The last release that `go install` can build; newer ones are fetched or installed by the user. */
export const cliVersion = '1.5.1';

export interface ProgramSearch {
  /** An explicit path; when set, nothing else is tried. */
  readonly explicitPath: string | null;
  readonly env?: NodeJS.ProcessEnv;
  readonly downloadsUrl?: string;
}

const programName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/**
 * Finds the `temporal` program: the explicit path, PATH, the per-user cache, the download that the SDK uses, and
 * `go install`. What is fetched goes to the cache.
 *
 * @throws listing all ways when none works.
 */
export function findTemporalCli(
  search: ProgramSearch,
  update: (detail: string) => void,
): Promise<FoundProgram> {
  const env = search.env ?? process.env;
  const cached = join(userCacheDir(env), `temporal-cli-${cliVersion}`);
  const explicit = search.explicitPath;
  const ways: Way[] =
    explicit === null
      ? [
          { name: '`temporal` on PATH', find: () => checked(onPath(env)) },
          { name: `the cache (${cached})`, find: () => checked(join(cached, programName)) },
          {
            name: 'download',
            find: (detail) => download(cached, search.downloadsUrl ?? temporalDownloads, detail),
          },
          { name: 'go install', find: (detail) => goInstall(cached, env, detail) },
        ]
      : [{ name: `TEMPORAL_CLI_PATH (${explicit})`, find: () => checked(explicit) }];
  const advice =
    'Install the Temporal CLI (https://docs.temporal.io/cli) or Go, or point TEMPORAL_CLI_PATH to the program, or TEMPORAL_ADDRESS to a running server.';
  return findByWays('The Temporal server', ways, advice, update);
}

function onPath(env: NodeJS.ProcessEnv): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, programName)).find(isExecutable) ?? null;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path, if a program is there that says it is the Temporal CLI with its server. */
async function checked(path: string | null): Promise<string | null> {
  if (path === null || !existsSync(path)) return null;
  // The first start of a 200 MB program reads it from the disk.
  const version = await runToEnd(path, ['--version'], { timeoutMs: 60_000 });
  if (!/server/i.test(version)) throw new Error(`${path} is not the Temporal CLI: ${version}`);
  return path;
}

async function download(cached: string, baseUrl: string, update: (detail: string) => void): Promise<string> {
  update(`asking ${new URL(baseUrl).host}`);
  await makeOnce(cached, async (scratch) => {
    const limits = { connectMs: 5_000, stallMs: 30_000 };
    const path = await downloadProgram(
      { baseUrl, artifact: 'cli', version: `v${cliVersion}`, ...limits },
      scratch,
      update,
    );
    await checked(path);
    if (path !== join(scratch, programName)) renameSync(path, join(scratch, programName));
  });
  return join(cached, programName);
}

async function goInstall(
  cached: string,
  env: NodeJS.ProcessEnv,
  update: (detail: string) => void,
): Promise<string | null> {
  const go = await runToEnd('go', ['version'], { env, timeoutMs: 30_000 }).catch(() => null);
  if (go === null) return null;
  update(`building version ${cliVersion} with Go, once; takes two to four minutes`);
  await makeOnce(cached, async (scratch) => {
    await runToEnd('go', ['install', `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`], {
      env: { ...env, GOBIN: scratch, GOFLAGS: '-trimpath', CGO_ENABLED: '0' },
      timeoutMs: 30 * 60_000,
    });
  });
  return checked(join(cached, programName));
}
