import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SinkRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Resolves when its sender has gone, or was answered. */
  readonly ended: Promise<void>;
};

export type SinkAnswer = { readonly status: number; readonly headers?: Record<string, string> };

/** A loopback destination: keeps what it received and answers as told. */
export type Sink = {
  readonly origin: string;
  /** `host:port`, as the guarded client wants its exception. */
  readonly address: string;
  readonly requests: SinkRequest[];
  answer: (request: SinkRequest) => SinkAnswer | Promise<SinkAnswer>;
  close(): Promise<void>;
};

export async function startSink(): Promise<Sink> {
  const requests: SinkRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        ended: once(response, 'close').then(() => undefined),
      };
      requests.push(received);
      Promise.resolve(sink.answer(received)).then(
        ({ status, headers }) => response.writeHead(status, headers).end(),
        () => response.destroy(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sink: Sink = {
    origin: `http://${address}`,
    address,
    requests,
    answer: () => ({ status: 200 }),
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sink;
}
