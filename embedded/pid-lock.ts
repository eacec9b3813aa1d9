import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { processIdentity } from './process-table';
import { quietly } from './quietly';

export type LockResult =
  | { readonly outcome: 'acquired'; release(): void }
  /** Another living process holds it. */
  | { readonly outcome: 'held'; readonly pid: number };

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

/**
 * Takes the lock file for this process. A lock whose holder has died, even by `kill -9` and even if its pid was given
 * to another process since, is taken over.
 */
export function acquirePidLock(path: string): LockResult {
  const own: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? 'running' };
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
    for (let attempt = 0; attempt < 10; attempt += 1) {
      // A link appears complete or not at all, so nobody ever reads half a lock.
      if (tryLink(draft, path)) return { outcome: 'acquired', release: () => release(path, own) };
      const text = readIfPresent(path);
      if (text === null) continue;
      const holder = parseHolder(text);
      if (holder !== null && processIdentity(holder.pid) === holder.identity)
        return { outcome: 'held', pid: holder.pid };
      setAside(path, text);
    }
    throw new Error(`The lock ${path} changes hands faster than it can be taken`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === 'number' && typeof value.identity === 'string'
      ? { pid: value.pid, identity: value.identity }
      : null;
  } catch {
    return null;
  }
}

/** Removes a stale lock, unless a competitor has replaced it by its own since it was read: then that one is put back. */
function setAside(path: string, staleText: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== staleText) tryLink(aside, path);
  rmSync(aside, { force: true });
}

/** A lock that stays because it cannot be removed now is taken over by the next start, whose holder has ended then. */
function release(path: string, own: Holder): void {
  quietly(() => {
    if (readIfPresent(path) === JSON.stringify(own)) rmSync(path, { force: true });
  });
}
