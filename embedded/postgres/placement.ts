import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../replace-file';
import { setAside } from '../set-aside';
import { userCacheDir } from '../user-cache';
import { copyNativeOnce, healSymlinks, locateNativePackage } from './native-package';
import { clearOrphan } from './postmaster';
import { decideRunAs, foldersTo, mayEnter, type RunAs } from './run-as';

/** Where PostgreSQL of one data folder lives and who runs it. */
export interface Placement {
  readonly clusterDir: string;
  readonly nativeDir: string;
  readonly runAs: RunAs;
  /** What a user would otherwise wonder about, one sentence each. */
  readonly notes: readonly string[];
}

const systemDir = '/var/lib/clickchain';

/** The folder outside of the data folder, for root only; the same data folder always gets the same one. */
function systemClusterDir(dataDir: string): string {
  return join(systemDir, createHash('sha256').update(dataDir).digest('hex').slice(0, 16), 'postgres');
}

/** True once the folder holds a finished cluster: it is renamed into place only then. */
export function isCluster(dir: string): boolean {
  return existsSync(join(dir, 'PG_VERSION'));
}

/** Decides where data and programs go, copies and heals the programs if necessary, and records the decision. */
export async function placeCluster(dataDir: string): Promise<Placement> {
  const notes: string[] = [];
  const remembered = readRemembered(dataDir);
  const uid = process.getuid?.() ?? null;
  const home = join(dataDir, 'postgres');
  const existing = [remembered, home].find((dir) => dir !== null && isCluster(dir)) ?? null;
  const runAs = decideRunAs({
    uid,
    passwd: uid === 0 ? readFileSync('/etc/passwd', 'utf8') : '',
    clusterOwnerUid: existing === null ? null : statSync(existing).uid,
  });
  assertOwned(existing, uid);
  const reachable = runAs.kind === 'self' || mayEnter(runAs.user, foldersTo(realpathSync(dataDir)));
  const clusterDir = existing ?? (reachable ? home : systemClusterDir(dataDir));
  if (!isCluster(clusterDir) || clusterDir !== home) {
    if (remembered === null && clusterDir !== home && isNew(dataDir))
      await setAsideLeftover(clusterDir, notes);
    remember(dataDir, clusterDir);
  }
  if (clusterDir !== home) {
    notes.push(
      `PostgreSQL runs as another user, which cannot enter ${dataDir}: its data is in ${clusterDir}`,
    );
  }
  return { clusterDir, nativeDir: placeNative(runAs, notes), runAs, notes };
}

function assertOwned(existing: string | null, uid: number | null): void {
  if (existing === null || uid === null || uid === 0) return;
  if (statSync(existing).uid === uid) return;
  throw new Error(
    `${existing} belongs to another user, probably because Clickchain was started by root before. Start it as root again, or give the data folder to this user with chown -R.`,
  );
}

/** Nothing in it but what a start makes before it looks for its cluster. */
function isNew(dataDir: string): boolean {
  return readdirSync(dataDir).every((name) => name === 'logs' || name.startsWith('instance.lock'));
}

/** The data folder was deleted, so its database is no longer wanted; but data is never deleted by a guess. */
async function setAsideLeftover(clusterDir: string, notes: string[]): Promise<void> {
  if (!isCluster(clusterDir)) return;
  await clearOrphan(clusterDir);
  const aside = setAside(clusterDir);
  notes.push(`The data folder is new, so the database of its predecessor was set aside: ${aside}`);
}

function placeNative(runAs: RunAs, notes: string[]): string {
  const { nativeDir, version } = locateNativePackage();
  if (runAs.kind === 'user' && !mayEnter(runAs.user, foldersTo(nativeDir))) {
    const copy = join(systemDir, `native-${version}`);
    if (!existsSync(copy))
      notes.push(`The programs of PostgreSQL were copied to ${copy}, where its user can run them`);
    copyNativeOnce(nativeDir, copy);
    healSymlinks(copy);
    return copy;
  }
  try {
    healSymlinks(nativeDir);
    return nativeDir;
  } catch (error) {
    // Installed by somebody else: their folder stays as it is, and a copy of ours is healed.
    if (canWrite(nativeDir)) throw error;
    const copy = join(userCacheDir(), `postgres-native-${version}`);
    copyNativeOnce(nativeDir, copy);
    healSymlinks(copy);
    return copy;
  }
}

function canWrite(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function rememberedPath(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

function rememberedText(dataDir: string): string | null {
  const path = rememberedPath(dataDir);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function readRemembered(dataDir: string): string | null {
  const text = rememberedText(dataDir);
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as { clusterDir?: unknown } | null;
    if (typeof value?.clusterDir === 'string') return value.clusterDir;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Damaged, and so of an instance that has a cluster: where one is, was the only other place there is.
  return systemClusterDir(dataDir);
}

function remember(dataDir: string, clusterDir: string): void {
  mkdirSync(dirname(clusterDir), { recursive: true, mode: 0o755 });
  // Each start of the server passes here, and one that says the same needs no room on a full disk.
  if (rememberedText(dataDir) === textOf(clusterDir)) return;
  replaceFile(rememberedPath(dataDir), textOf(clusterDir));
}

function textOf(clusterDir: string): string {
  return `${JSON.stringify({ clusterDir }, null, 2)}\n`;
}
