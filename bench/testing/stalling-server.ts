import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type StallingServer = { readonly url: string; close(): Promise<void> };

/** Answers at once, except that from its `afterRequests`-th request on it answers nobody for `stallMs`. */
export async function startStallingServer(options: {
  afterRequests: number;
  stallMs: number;
}): Promise<StallingServer> {
  let requests = 0;
  let stall: Promise<void> = Promise.resolve();
  const server = createServer((_request, response) => {
    requests += 1;
    if (requests === options.afterRequests) stall = sleep(options.stallMs);
    void stall.then(() => response.end('ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
