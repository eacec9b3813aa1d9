import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/**
 * Milliseconds of processor time that a process has used so far, with everything that it has started. Zero where the
 * system keeps no such books under /proc.
 */
export function cpuMsOf(pid: number | null): number {
  if (pid === null) return 0;
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(Number(name)) : []));
  const ticksOf = (parent: number): number =>
    all
      .filter((stat) => stat.parent === parent)
      .reduce((sum, stat) => sum + stat.ticks + ticksOf(stat.pid), 0);
  const own = all.find((stat) => stat.pid === pid);
  return own === undefined ? 0 : ((own.ticks + own.ticksOfEnded + ticksOf(pid)) * 1_000) / TICKS_PER_SECOND;
}

type Stat = { pid: number; parent: number; ticks: number; ticksOfEnded: number };

/** Nothing when the process has just ended. */
function readStat(pid: number): Stat[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
  } catch {
    return [];
  }
}

/** The name of the program stands in brackets and may hold anything: fields are counted after the last one. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ticks: field(14) + field(15),
    ticksOfEnded: field(16) + field(17),
  };
}
