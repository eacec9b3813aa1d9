import { chownSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { quietly } from './quietly';

/** Who may read the file besides its owner: nobody. */
const OWNER_ONLY = 0o600;

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Writes the file, for its owner only. Readers see the old or the new one, never half of one, not even after the
 * machine went down; and where there is no room for the new one, the old one stays.
 */
export function replaceFile(path: string, text: string, owner: FileOwner | null = null): void {
  const draft = `${path}.new`;
  try {
    writeOut(draft, text);
    if (owner !== null) chownSync(draft, owner.uid, owner.gid);
    renameSync(draft, path);
  } catch (error) {
    quietly(() => rmSync(draft, { force: true }));
    throw error;
  }
}

function writeOut(path: string, text: string): void {
  const descriptor = openSync(path, 'w', OWNER_ONLY);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
