import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { quietly } from './quietly';

// One old file per process is kept, so logs take at most about twice this.
const rotateAboveBytes = 20 << 20;
const tailBytes = 4_096;

/**
 * Opens the log of a process for appending; the caller closes it with `closeLog` once the child has it. A log that
 * cannot be opened is no reason not to start what would write it: what is said then is lost.
 */
export function openLog(path: string): number | 'ignore' {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (logSize(path) > rotateAboveBytes) quietly(() => renameSync(path, `${path}.1`));
    return openSync(path, 'a', 0o600);
  } catch {
    return 'ignore';
  }
}

export function closeLog(log: number | 'ignore'): void {
  if (log !== 'ignore') closeSync(log);
}

/** Null when logs can be written in the folder; else why not. */
export function logTrouble(folder: string): string | null {
  const probe = join(folder, '.probe');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(probe, 'a', 0o600));
    rmSync(probe, { force: true });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Shortens the logs that have grown too long under a process that goes on writing them. What has no room as the old
 * file is dropped: a log must not be what fills the disk.
 */
export function shortenLogs(folder: string): void {
  const logs = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.log')) : [];
  for (const path of logs.map((name) => join(folder, name))) {
    if (logSize(path) <= rotateAboveBytes) continue;
    try {
      copyFileSync(path, `${path}.1`);
    } catch {
      quietly(() => rmSync(`${path}.1`, { force: true }));
    }
    truncateSync(path);
  }
}

/** 0 when there is none, for whatever reason. */
export function logSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** What was logged after `fromByte`, at most its last 4 kB; empty when it cannot be read. */
export function readLogSince(path: string, fromByte: number, atMostBytes = tailBytes): string {
  let text = '';
  quietly(() => {
    const size = logSize(path);
    const start = Math.max(Math.min(fromByte, size), size - atMostBytes);
    const buffer = Buffer.alloc(size - start);
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, buffer, 0, buffer.length, start);
    } finally {
      closeSync(descriptor);
    }
    text = buffer.toString('utf8').trim();
  });
  return text;
}
