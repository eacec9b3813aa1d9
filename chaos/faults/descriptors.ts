import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Inject } from './arena';
import { expectBack } from './serving';

/** F24: a process may open nothing more, neither a file nor a connection; what it has open stays. */
export const noDescriptors: Inject = async ({ machine, traffic, notPlayed }, { variant, holdMs }) => {
  const name = variant === 'worker' ? 'worker' : 'api';
  const pid = await machine.pid(name);
  const usual = softLimit(pid);
  if (usual === null || !setSoftLimit(pid, openDescriptors(pid))) {
    notPlayed.push('F24, because the limits of a process cannot be changed here (prlimit)');
    return;
  }
  try {
    await delay(holdMs);
  } finally {
    // Who has ended meanwhile was started again without the limit.
    setSoftLimit(pid, usual);
  }
  await expectBack(traffic, `a ${name} without descriptors`);
};

function softLimit(pid: number): string | null {
  try {
    return (
      /^Max open files +(\d+|unlimited) /m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? null
    );
  } catch {
    return null;
  }
}

/** As many as are open: the next one is one too many. */
function openDescriptors(pid: number): string {
  const numbers = readdirSync(`/proc/${pid}/fd`).map(Number);
  return String(Math.max(...numbers) + 1);
}

function setSoftLimit(pid: number, limit: string): boolean {
  try {
    execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
