import { logSize, readLogSince } from '../log-file';
import { damageIn } from './database-file';

const lookEveryMs = 2_000;
const lookAtMostBytes = 1 << 20;

export interface DamageWatch {
  /** What was found; null so far. */
  found(): string | null;
  stop(): void;
}

/**
 * Reads what a running server logs. One whose database is damaged goes on running and fails at everything that it asks
 * there, so it has to be ended: `onDamage` is called once.
 */
export function watchForDamage(logFile: string, from: number, onDamage: () => void): DamageWatch {
  let found: string | null = null;
  let position = from;
  const timer = setInterval(() => {
    const size = logSize(logFile);
    // Shorter than before: it was begun anew.
    if (size < position) position = 0;
    found = size === position ? null : damageIn(readLogSince(logFile, position, lookAtMostBytes));
    position = size;
    if (found === null) return;
    clearInterval(timer);
    onDamage();
  }, lookEveryMs).unref();
  return { found: () => found, stop: () => clearInterval(timer) };
}
