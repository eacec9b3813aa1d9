import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The partner's server of a measurement: takes every postback and notes when it came. */
export type PostbackSink = {
  readonly baseUrl: string;
  /** When each click's postback arrived, first to last; by `performance.now()`. */
  readonly arrivals: ReadonlyMap<string, readonly number[]>;
  close(): Promise<void>;
};

/** Listens on 127.0.0.1. The click is named by `click_id` in the query. */
export async function startPostbackSink(port: number): Promise<PostbackSink> {
  const arrivals = new Map<string, number[]>();
  const server = createServer((request, response) => {
    const atMs = performance.now();
    const clickId = new URL(request.url ?? '/', 'http://sink').searchParams.get('click_id');
    if (clickId !== null) arrivals.set(clickId, [...(arrivals.get(clickId) ?? []), atMs]);
    request.resume();
    response.end('ok');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
