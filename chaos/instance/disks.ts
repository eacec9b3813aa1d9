import { join } from 'node:path';
import { mountSmallDisk, type SmallDisk } from './small-disk';

/** The disks of an instance that can be filled: under all of its state, and under its logs alone. */
export interface Disks {
  readonly data: SmallDisk;
  readonly logs: SmallDisk;
}

/** Holds the databases of a round several times over. */
const DATA_MB = 768;
const LOGS_MB = 64;

/** Mounts both, or throws and leaves none. */
export function mountDisks(dataDir: string): Disks {
  const data = mountSmallDisk(dataDir, DATA_MB);
  try {
    return { data, logs: mountSmallDisk(join(dataDir, 'logs'), LOGS_MB) };
  } catch (error) {
    data.unmount();
    throw error;
  }
}

export function unmountDisks({ data, logs }: Disks): void {
  logs.unmount();
  data.unmount();
}
