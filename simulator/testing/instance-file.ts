import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { FakeInstance } from './fake-instance';

/** A port that was free a moment ago; the instance file has to name one before the run begins. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Describes a fake in a data folder, as the start of a real instance does. */
export async function writeInstanceFile(dataDir: string, instance: FakeInstance): Promise<void> {
  const file = {
    apiUrl: instance.url,
    docsUrl: `${instance.url}/docs`,
    temporalUiUrl: instance.url,
    adminKey: instance.adminKey,
    sinkPort: await freePort(),
  };
  await writeFile(path.join(dataDir, 'instance.json'), JSON.stringify(file));
}
