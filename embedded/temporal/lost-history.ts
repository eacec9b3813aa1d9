import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../replace-file';

/** That the database of Temporal began anew, and everything it has to know is still to be said to it again. */
export interface LostHistory {
  /** `missing`, or what was wrong with it. */
  readonly reason: string;
  /** Where the old one is kept; null when there was none. */
  readonly aside: string | null;
  readonly atMs: number;
}

function notePath(folder: string): string {
  return join(folder, 'lost.json');
}

/**
 * Written before there is a new database, because afterwards nothing would show that it is a new one: whoever is killed
 * before all is started again finds the note at the next start.
 */
export function noteLostHistory(folder: string, lost: LostHistory): void {
  replaceFile(notePath(folder), `${JSON.stringify(lost, null, 2)}\n`);
}

/** Null when nothing is lost. A note that cannot be read says all that matters: something is. */
export function readLostHistory(folder: string): LostHistory | null {
  const path = notePath(folder);
  if (!existsSync(path)) return null;
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LostHistory> | null;
    return { reason: value?.reason ?? 'missing', aside: value?.aside ?? null, atMs: value?.atMs ?? 0 };
  } catch {
    return { reason: 'missing', aside: null, atMs: 0 };
  }
}

export function forgetLostHistory(folder: string): void {
  rmSync(notePath(folder), { force: true });
}
