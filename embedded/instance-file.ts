import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `<data dir>/instance.json` says about the running, or last, instance. */
export interface InstanceInfo {
  readonly apiUrl: string;
  readonly docsUrl: string;
  readonly temporalUiUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly databaseUrl: string;
  readonly workspaceId: string;
  /** Null when the database had a key already that this data folder does not know. */
  readonly adminKey: string | null;
  /** Where postbacks may go on loopback. */
  readonly sinkPort: number;
  readonly pids: InstancePids;
}

/** Null: not running, or not ours. */
export interface InstancePids {
  readonly supervisor: number | null;
  readonly api: number | null;
  readonly worker: number | null;
  readonly postgres: number | null;
  readonly temporal: number | null;
}

export function instanceFilePath(dataDir: string): string {
  return join(dataDir, 'instance.json');
}

/** Null when no instance has ever come up in this folder. */
export function readInstanceFile(dataDir: string): InstanceInfo | null {
  const path = instanceFilePath(dataDir);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as InstanceInfo) : null;
}

/** Readers see the old or the new file, never half of one. */
export function writeInstanceFile(dataDir: string, info: InstanceInfo): void {
  const path = instanceFilePath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
