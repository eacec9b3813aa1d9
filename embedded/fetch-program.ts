import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { acquirePidLock } from './pid-lock';

/** A way to get a program; null when this way does not apply here. Throws when it applies but failed. */
export interface Way {
  /** As shown in the error that lists all ways. */
  readonly name: string;
  find(update: (detail: string) => void): Promise<string | null>;
}

export interface FoundProgram {
  readonly path: string;
  readonly way: string;
}

/**
 * Tries the ways in order and returns the first program found.
 *
 * @throws one error that lists every way and why it failed, when none works.
 */
export async function findByWays(
  what: string,
  ways: readonly Way[],
  advice: string,
  update: (detail: string) => void,
): Promise<FoundProgram> {
  const failures: string[] = [];
  for (const way of ways) {
    try {
      const path = await way.find((detail) => update(detail));
      if (path !== null) return { path, way: way.name };
      failures.push(`${way.name}: not there`);
    } catch (error) {
      failures.push(`${way.name}: ${lastLine(error)}`);
    }
  }
  throw new Error(
    `${what} was not found. Tried:\n${failures.map((line) => `  - ${line}`).join('\n')}\n${advice}`,
  );
}

/** The end of the message, where programs say what was wrong, and its cause, where fetch does. */
function lastLine(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  const text = (message ?? String(error)).trim().split('\n').slice(-2).join(' / ');
  return cause?.message === undefined ? text : `${text} (${cause.message})`;
}

/**
 * Lets exactly one process at a time make `target`, in a scratch folder that is renamed into place when it is complete;
 * the others wait and use the result.
 */
export async function makeOnce(target: string, make: (scratch: string) => Promise<void>): Promise<void> {
  const parent = join(target, '..');
  mkdirSync(parent, { recursive: true });
  for (;;) {
    if (existsSync(target)) return;
    const lock = acquirePidLock(`${target}.lock`);
    if (lock.outcome === 'held') {
      await new Promise((resolve) => setTimeout(resolve, 250));
      continue;
    }
    const scratch = mkdtempSync(join(parent, '.making-'));
    try {
      if (existsSync(target)) return;
      await make(scratch);
      renameSync(scratch, target);
      return;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
      lock.release();
    }
  }
}

/** Where Temporal's programs are downloaded from; the SDK itself asks here. */
export const temporalDownloads = 'https://temporal.download';

export interface Download {
  readonly baseUrl: string;
  readonly artifact: 'cli' | 'temporal-test-server';
  readonly version: string;
  /** Until the first answer: where this host cannot be reached at all, that must be found out quickly. */
  readonly connectMs: number;
  /** Between two pieces of the archive. */
  readonly stallMs: number;
}

/** Downloads and unpacks the program that the SDK would download; returns its path inside `scratch`. */
export async function downloadProgram(
  download: Download,
  scratch: string,
  update: (detail: string) => void,
): Promise<string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const format = process.platform === 'win32' ? 'zip' : 'tar.gz';
  const query = new URLSearchParams({
    arch,
    platform,
    format,
    'sdk-name': 'sdk-typescript',
    'sdk-version': '1.24.0',
  });
  const info = await fetch(
    `${download.baseUrl}/${download.artifact}/${download.version}?${query.toString()}`,
    {
      signal: AbortSignal.timeout(download.connectMs),
    },
  );
  if (!info.ok) throw new Error(`${download.baseUrl} answered ${info.status}`);
  const { archiveUrl, fileToExtract } = (await info.json()) as { archiveUrl: string; fileToExtract: string };
  const archive = join(scratch, `archive.${format}`);
  await downloadFile(archiveUrl, archive, download, update);
  // bsdtar, which Windows and macOS have, unpacks zip as well.
  await promisify(execFile)('tar', ['-xf', archive, '-C', scratch]);
  rmSync(archive);
  return join(scratch, fileToExtract);
}

async function downloadFile(
  url: string,
  target: string,
  limits: Download,
  update: (detail: string) => void,
): Promise<void> {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(new Error('no answer')), limits.connectMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    let received = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(new Error('the download stalled')), limits.stallMs);
        received += chunk.length;
        update(`${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ''} MB`);
        done(null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body);
    await pipeline(body, meter, createWriteStream(target), { signal: abort.signal });
  } finally {
    clearTimeout(watchdog);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** Runs a program to its end; throws with its last output when it fails. Its output is not shown. */
export function runToEnd(
  program: string,
  arguments_: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly timeoutMs: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, {
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = `${output}${chunk.toString('utf8')}`.slice(-8192);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    // Not spawn's own timeout, whose timer goes on when the program does not exist.
    const timer = setTimeout(() => child.kill(), options.timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`${program} failed (${signal ?? `exit code ${code}`})\n${output}`));
    });
  });
}
