import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseConfig } from '../config/config';
import { makeTestDataDir } from '../testing/servers';
import { StartAbortedError } from './abortable';
import { acquirePidLock } from './pid-lock';
import { silentReporter } from './progress';
import { InstanceRunningError, startEmbedded } from './start';

let dataDir: string;
beforeEach(() => {
  dataDir = makeTestDataDir();
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const config = (env: Record<string, string> = {}) =>
  parseConfig({ CLICKCHAIN_DATA_DIR: dataDir, CLICKCHAIN_PORT: '0', TEMPORAL_UI_PORT: '0', ...env });

describe('startEmbedded', () => {
  it('refuses a second instance on the same data folder and names the first', async () => {
    const lock = acquirePidLock(join(dataDir, 'instance.lock'));
    const second = startEmbedded(config(), silentReporter);
    await expect(second).rejects.toBeInstanceOf(InstanceRunningError);
    await expect(second).rejects.toThrow(`Clickchain is running on ${dataDir} already (pid ${process.pid})`);
    if (lock.outcome === 'acquired') lock.release();
  });

  it('says at once that its port is taken, and gives the data folder free', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(startEmbedded(config({ CLICKCHAIN_PORT: String(port) }), silentReporter)).rejects.toThrow(
      `Port ${port} on 127.0.0.1 belongs to another program. Stop it, or set CLICKCHAIN_PORT.`,
    );
    await new Promise((resolve) => taken.close(resolve));
    expect(acquirePidLock(join(dataDir, 'instance.lock')).outcome).toBe('acquired');
  });

  it('starts nothing when it is given up before', async () => {
    const signal = AbortSignal.abort();
    await expect(startEmbedded(config(), silentReporter, { signal })).rejects.toBeInstanceOf(
      StartAbortedError,
    );
    expect(acquirePidLock(join(dataDir, 'instance.lock')).outcome).toBe('acquired');
  });
});
