import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Preloaded into the processes of a chaos run: makes `Date` go wrong by as many milliseconds as a file says. It is in
 * the folder CHAOS_CLOCK_DIR and named after the process, `api` or `workers`. Timers and `performance.now()` stay right,
 * as they do when a real clock is set.
 */

const LOOK_EVERY_MS = 100;

const folder = process.env.CHAOS_CLOCK_DIR;
const role = basename(dirname(process.argv[1] ?? ''));

if (folder !== undefined && (role === 'api' || role === 'workers')) shiftClock(join(folder, role));

function shiftClock(file: string): void {
  let shiftMs = readShift(file);
  setInterval(() => {
    shiftMs = readShift(file);
  }, LOOK_EVERY_MS).unref();
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
