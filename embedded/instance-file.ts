import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from './replace-file';
import { setAside } from './set-aside';

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

const pid = z.number().nullable();
const instanceInfo: z.ZodType<InstanceInfo> = z.object({
  apiUrl: z.url(),
  docsUrl: z.string(),
  temporalUiUrl: z.string(),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  databaseUrl: z.string(),
  workspaceId: z.string(),
  adminKey: z.string().nullable(),
  sinkPort: z.int().min(1).max(65_535),
  pids: z.object({ supervisor: pid, api: pid, worker: pid, postgres: pid, temporal: pid }),
});

/** Null when no instance has ever come up in this folder, or when what it has written there is damaged. */
export function readInstanceFile(dataDir: string): InstanceInfo | null {
  const path = instanceFilePath(dataDir);
  if (!existsSync(path)) return null;
  try {
    return instanceInfo.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Makes way for a new file where the present one cannot be read: it may hold the only copy of the admin key, so it is
 * kept. Gives its new name; null when there is nothing in the way.
 */
export function setAsideDamagedInstanceFile(dataDir: string): string | null {
  return readInstanceFile(dataDir) === null ? setAside(instanceFilePath(dataDir)) : null;
}

export function writeInstanceFile(dataDir: string, info: InstanceInfo): void {
  replaceFile(instanceFilePath(dataDir), `${JSON.stringify(info, null, 2)}\n`);
}
