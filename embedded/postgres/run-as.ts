import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root has to lend it another, existing user. */
export type RunAs = { readonly kind: 'self' } | { readonly kind: 'user'; readonly user: SystemUser };

/** Users of /etc/passwd text, malformed lines left out. */
export function parsePasswd(text: string): SystemUser[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || name === '' || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * Who runs PostgreSQL. Existing data goes on under its owner, because nobody else may open it; new data belongs to
 * `postgres`, else to `nobody`.
 *
 * @throws when root has no user to lend.
 */
export function decideRunAs(input: {
  readonly uid: number | null;
  readonly passwd: string;
  readonly clusterOwnerUid: number | null;
}): RunAs {
  if (input.uid !== 0) return { kind: 'self' };
  const users = parsePasswd(input.passwd).filter((user) => user.uid !== 0);
  const owner = users.find((user) => user.uid === input.clusterOwnerUid);
  const user =
    owner ??
    users.find((entry) => entry.name === 'postgres') ??
    users.find((entry) => entry.name === 'nobody');
  if (user === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and this system has neither a user `postgres` nor `nobody`. Start Clickchain as another user, or set DATABASE_URL.',
    );
  }
  return { kind: 'user', user };
}

export interface FolderMode {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits as of stat(2). */
  readonly mode: number;
}

/** True when the user may pass through (or, with `needed` 5, also list) every one of the folders. */
export function mayEnter(user: SystemUser, folders: readonly FolderMode[], needed: 1 | 5 = 1): boolean {
  return folders.every((folder) => {
    const shift = folder.uid === user.uid ? 6 : folder.gid === user.gid ? 3 : 0;
    return ((folder.mode >> shift) & needed) === needed;
  });
}

/** The existing ancestors of the path and the path itself, nearest first. */
export function foldersTo(path: string): FolderMode[] {
  const folders: FolderMode[] = [];
  for (let current = path; ; current = dirname(current)) {
    const stat = statSync(current, { throwIfNoEntry: false });
    if (stat !== undefined) folders.push({ uid: stat.uid, gid: stat.gid, mode: stat.mode });
    if (current === dirname(current)) return folders;
  }
}
