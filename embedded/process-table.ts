import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  /** The arguments as started; on systems that only show one line, split at blanks. */
  readonly argv: readonly string[];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A text that differs between two processes that get the same pid at different times, or null when no such process
 * runs. A zombie does not run.
 */
export function processIdentity(pid: number): string | null {
  if (!isAlive(pid)) return null;
  if (process.platform !== 'linux') return startTimeByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold blanks and parentheses, so fields are counted from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' ? null : `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}

function startTimeByPs(pid: number): string | null {
  if (process.platform === 'win32') return 'running';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** Running processes whose arguments satisfy the test, itself excluded. Empty on Windows, where nothing lists them. */
export function findProcesses(matches: (argv: readonly string[]) => boolean): ProcessEntry[] {
  const entries = process.platform === 'linux' ? listByProc() : listByPs();
  return entries.filter((entry) => entry.pid !== process.pid && matches(entry.argv));
}

function listByProc(): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  const ownMounts = mountNamespace('self');
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
      // A path in a container is another path than the same text out here.
      if (argv.length > 0 && mountNamespace(name) === ownMounts) entries.push({ pid: Number(name), argv });
    } catch {
      // It ended meanwhile, or it belongs to somebody whose processes we may not read: not ours.
    }
  }
  return entries;
}

function mountNamespace(pid: string): string {
  return readlinkSync(`/proc/${pid}/ns/mnt`);
}

function listByPs(): ProcessEntry[] {
  if (process.platform === 'win32') return [];
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 32 << 20,
  });
  return lines.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), argv: (match[2] ?? '').split(' ') }];
  });
}

/** True when `argv` holds `option` directly followed by `value`; a value with blanks may be spread over several items. */
export function hasOption(argv: readonly string[], option: string, value: string): boolean {
  return ` ${argv.join(' ')} `.includes(` ${option} ${value} `);
}

/** Resolves true when the process has gone, false when it still runs after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (processIdentity(pid) !== null) {
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Sends `signal`, waits, and kills what has not ended after `graceMs`. A process that is gone already is fine. */
export async function stopProcess(pid: number, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  sendSignal(pid, signal);
  if (await waitUntilGone(pid, graceMs)) return;
  sendSignal(pid, 'SIGKILL');
  await waitUntilGone(pid, 5_000);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
