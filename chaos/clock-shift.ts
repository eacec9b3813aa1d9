import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Preloaded into the processes of a chaos run: makes `Date` go wrong by as many milliseconds as a file says. It is in
 * the folder CHAOS_CLOCK_DIR and named after the process, `api` or `workers`. What the clock of a process shows now, the
 * process says in a file beside it, `api.<pid>`. Timers and `performance.now()` stay right, as they do when a real clock
 * is set.
 */

const LOOK_EVERY_MS = 100;

const folder = process.env.CHAOS_CLOCK_DIR;
const role = basename(dirname(process.argv[1] ?? ''));

if (folder !== undefined && (role === 'api' || role === 'workers')) shiftClock(join(folder, role));

function shiftClock(file: string): void {
  let shiftMs = 0;
  let said: number | null = null;
  const look = (): void => {
    shiftMs = readShift(file);
    if (said !== shiftMs && say(file, shiftMs)) said = shiftMs;
  };
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  const realNow = Date.now;
  const now = (): number => realNow() + shiftMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, name, receiver): unknown => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}

function readShift(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

/** False when it could not be said; the next look tries again. */
function say(file: string, shiftMs: number): boolean {
  try {
    const path = `${file}.${process.pid}`;
    writeFileSync(`${path}.new`, String(shiftMs));
    renameSync(`${path}.new`, path);
    return true;
  } catch {
    return false;
  }
}
