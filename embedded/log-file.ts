import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

// One old file per process is kept, so logs take at most about twice this.
const rotateAboveBytes = 20 << 20;

/** Opens the log of a process for appending; the caller closes the descriptor once the child has it. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path) && statSync(path).size > rotateAboveBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What was logged after `fromByte`, at most its last 4 kB. */
export function readLogSince(path: string, fromByte: number): string {
  if (!existsSync(path)) return '';
  const size = statSync(path).size;
  const start = Math.max(Math.min(fromByte, size), size - 4096);
  const buffer = Buffer.alloc(size - start);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, buffer, 0, buffer.length, start);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('utf8').trim();
}
