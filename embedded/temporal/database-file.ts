import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** What is in the way of a start; `sound` as far as a look at its beginning tells. */
export type DatabaseFile =
  | { readonly state: 'sound' }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly reason: string };

/** What belongs to the database file under its name. Most of it may be in the first for long. */
export const DATABASE_SUFFIXES = ['-wal', '-shm'] as const;

const firstBytes = Buffer.from('SQLite format 3\0');

/**
 * Looks whether a SQLite database can be there.
 *
 * @throws when it may be whole and only cannot be opened, such as for its permissions: that is for a person to mend.
 */
export function lookAtDatabase(path: string): DatabaseFile {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { state: 'missing' };
  if (!stat.isFile()) return { state: 'damaged', reason: 'it is no file' };
  if (stat.size === 0) return { state: 'damaged', reason: 'it is empty' };
  const start = Buffer.alloc(firstBytes.length);
  const descriptor = open(path);
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.equals(firstBytes)
    ? { state: 'sound' }
    : { state: 'damaged', reason: 'it is no SQLite database' };
}

function open(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw new Error(
      `${path} cannot be read and written by this user (${(error as NodeJS.ErrnoException).code}). Give it to this user with chown, or start Clickchain as its owner.`,
      { cause: error },
    );
  }
}

/** SQLite's own words, with its numbers; the last for a database whose tables have gone, as with its -wal file. */
const DAMAGE = /(?:file is not a database \(26\)|database disk image is malformed \(11\))/;
const NO_TABLES = /no such table: \w+ \(1\)/;

/** What a log says of a database that is damaged; null when it says nothing of that kind, whatever else is wrong. */
export function damageIn(log: string): string | null {
  return DAMAGE.exec(log)?.[0] ?? null;
}

/** The same of a server that did not come up: its first questions are answered by tables that every database has. */
export function damageAtStart(log: string): string | null {
  return damageIn(log) ?? NO_TABLES.exec(log)?.[0] ?? null;
}
