import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findProcesses, hasOption, isAlive, stopProcess } from '../process-table';

/** The lines of postmaster.pid that matter here. */
export interface PostmasterFile {
  readonly pid: number;
  readonly dataDir: string;
  readonly port: number;
  readonly ready: boolean;
}

export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return {
    pid,
    dataDir: lines[1] ?? '',
    port: Number(lines[3] ?? 0),
    ready: (lines[7] ?? '').trim() === 'ready',
  };
}

export function readPostmasterFile(clusterDir: string): PostmasterFile | null {
  const path = join(clusterDir, 'postmaster.pid');
  return existsSync(path) ? parsePostmasterFile(readFileSync(path, 'utf8')) : null;
}

/** True for the arguments of a server (not one of its backends) that serves exactly this folder. */
export function servesCluster(argv: readonly string[], clusterDir: string): boolean {
  const program = basename(argv[0] ?? '').replace(/\.exe$/, '');
  return program === 'postgres' && hasOption(argv, '-D', clusterDir);
}

/**
 * Stops a server of an earlier run that still serves the folder, and removes a pid file that is incomplete or whose pid
 * belongs to a stranger by now, which PostgreSQL itself would take for a running server. A server of another folder is never
 * touched, whatever its port.
 *
 * @returns the pid of the server that was stopped, or null.
 */
export async function clearOrphan(clusterDir: string): Promise<number | null> {
  const [orphan] = findProcesses((argv) => servesCluster(argv, clusterDir));
  if (orphan !== undefined) {
    await stopProcess(orphan.pid, 'SIGINT', 20_000);
    return orphan.pid;
  }
  // Windows cannot tell whose pid it is, and PostgreSQL decides there.
  if (process.platform === 'win32') return null;
  const path = join(clusterDir, 'postmaster.pid');
  const file = readPostmasterFile(clusterDir);
  // One that is empty, because the machine went down in between, is taken for a server that is just starting.
  const isHalf = file === null && existsSync(path);
  if (isHalf || (file !== null && isAlive(file.pid))) rmSync(path, { force: true });
  return null;
}
