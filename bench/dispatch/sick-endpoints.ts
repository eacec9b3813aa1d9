import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a partner's server misbehaves. `blackHole` takes the connection and never says a word. */
export type Sickness = 'healthy' | 'always500' | 'slow' | 'blackHole';
export const SICKNESSES = ['always500', 'slow', 'blackHole'] as const satisfies readonly Sickness[];

export type Endpoint = {
  readonly url: string;
  requests(): number;
  /** The most connections at once since it was asked last. */
  takePeak(): number;
  close(): Promise<void>;
};

const SLOW_MS = 3_000;

/** A partner's server on loopback that behaves as told. */
export async function startEndpoint(sickness: Sickness): Promise<Endpoint> {
  let requests = 0;
  let peak = 0;
  const sockets = new Set<Socket>();
  const server: Server =
    sickness === 'blackHole'
      ? createTcpServer(() => {
          requests += 1;
        })
      : createHttpServer((request, response) => {
          requests += 1;
          request.resume();
          const answer = (): void => void response.writeHead(sickness === 'always500' ? 500 : 200).end();
          if (sickness === 'slow') void sleep(SLOW_MS).then(answer);
          else answer();
        });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    takePeak: () => {
      const taken = peak;
      peak = sockets.size;
      return taken;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
