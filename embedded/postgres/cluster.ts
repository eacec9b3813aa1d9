import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, parse } from 'node:path';
import { promisify } from 'node:util';
import { portOf } from '../ports';
import { type FileOwner, replaceFile } from '../replace-file';
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
  const path = secretsPath(clusterDir);
  const value = parseSecrets(readFileSync(path, 'utf8'));
  if (typeof value?.password !== 'string') {
    throw new Error(
      `${path} is damaged, and it held the password of the database beside it. Put back a copy of it, or of the whole data folder.`,
    );
  }
  return { password: value.password, port: portOf(value.port) };
}

function parseSecrets(text: string): Partial<Record<keyof ClusterSecrets, unknown>> | null {
  try {
    return JSON.parse(text) as Partial<Record<keyof ClusterSecrets, unknown>> | null;
  } catch {
    return null;
  }
}

export function writeClusterSecrets(clusterDir: string, runAs: RunAs, secrets: ClusterSecrets): void {
  replaceFile(secretsPath(clusterDir), `${JSON.stringify(secrets, null, 2)}\n`, ownerOf(runAs));
}

function ownerOf(runAs: RunAs): FileOwner | null {
  return runAs.kind === 'user' ? runAs.user : null;
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
  const owner = ownerOf(runAs);
  if (owner !== null) chownSync(draft, owner.uid, owner.gid);
  const password = randomBytes(24).toString('base64url');
  // Beside the cluster, where its user may pass, and not in a temporary folder, which may be full.
  const passwordFile = `${clusterDir}.password`;
  try {
    replaceFile(passwordFile, `${password}\n`, owner);
    const options = ['-D', draft, '-U', superuser, '-A', 'scram-sha-256', '--pwfile', passwordFile];
    const locale = ['--locale=C', '-E', 'UTF8', '--no-instructions'];
    await promisify(execFile)(
      nativeProgram(nativeDir, 'initdb'),
      [...options, ...locale, ...(durability === 'none' ? ['--no-sync'] : [])],
      postgresSpawnOptions(runAs),
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeClusterSecrets(draft, runAs, { password, port: null });
  rmSync(clusterDir, { recursive: true, force: true });
  renameSync(draft, clusterDir);
}
