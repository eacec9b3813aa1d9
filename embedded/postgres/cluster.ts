import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { promisify } from 'node:util';
import { nativeProgram } from './native-package';
import { isCluster, type Placement } from './placement';
import type { RunAs } from './run-as';

export const superuser = 'clickchain';

/** `none` is for tests: fast, and lost with the machine. */
export type Durability = 'full' | 'none';

/** What we keep inside the cluster's folder, so that a cluster without its password cannot exist. */
export interface ClusterSecrets {
  readonly password: string;
  /** The port of the last start; tried first at the next one. */
  readonly port: number | null;
}

function secretsPath(clusterDir: string): string {
  return join(clusterDir, 'clickchain.json');
}

export function readClusterSecrets(clusterDir: string): ClusterSecrets {
  const value = JSON.parse(readFileSync(secretsPath(clusterDir), 'utf8')) as Partial<ClusterSecrets>;
  if (typeof value.password !== 'string') throw new Error(`${secretsPath(clusterDir)} holds no password`);
  return { password: value.password, port: value.port ?? null };
}

export function writeClusterSecrets(clusterDir: string, runAs: RunAs, secrets: ClusterSecrets): void {
  const draft = `${secretsPath(clusterDir)}.new`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  giveTo(runAs, draft);
  renameSync(draft, secretsPath(clusterDir));
}

function giveTo(runAs: RunAs, path: string): void {
  if (runAs.kind === 'user') chownSync(path, runAs.user.uid, runAs.user.gid);
}

/** How child processes of PostgreSQL are started: as which user, and with nothing of our own environment. */
export function postgresSpawnOptions(runAs: RunAs) {
  return {
    // Our working directory may be closed to that user.
    cwd: parse(process.cwd()).root,
    env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LANG: 'C', TZ: 'UTC' },
    ...(runAs.kind === 'user' ? { uid: runAs.user.uid, gid: runAs.user.gid } : {}),
  };
}

/** Makes the cluster unless it exists. A cluster that was being made when the machine went down is made anew. */
export async function initCluster(placement: Placement, durability: Durability): Promise<void> {
  const { clusterDir, nativeDir, runAs } = placement;
  if (isCluster(clusterDir)) return;
  const draft = `${clusterDir}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  giveTo(runAs, draft);
  const password = randomBytes(24).toString('base64url');
  const passwordDir = mkdtempSync(join(tmpdir(), 'clickchain-init-'));
  try {
    const passwordFile = join(passwordDir, 'password');
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    giveTo(runAs, passwordFile);
    giveTo(runAs, passwordDir);
    chmodSync(passwordDir, 0o700);
    const options = ['-D', draft, '-U', superuser, '-A', 'scram-sha-256', '--pwfile', passwordFile];
    const locale = ['--locale=C', '-E', 'UTF8', '--no-instructions'];
    await promisify(execFile)(
      nativeProgram(nativeDir, 'initdb'),
      [...options, ...locale, ...(durability === 'none' ? ['--no-sync'] : [])],
      postgresSpawnOptions(runAs),
    );
  } finally {
    rmSync(passwordDir, { recursive: true, force: true });
  }
  writeClusterSecrets(draft, runAs, { password, port: null });
  rmSync(clusterDir, { recursive: true, force: true });
  renameSync(draft, clusterDir);
}
