import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom } from '../../simulator/random';
import type { SinkEntry } from '../audit/evidence';
import { type Manner, polite, unavailable } from './manners';

/** Destinations that write down all they get, and answer as badly as they are told to. */
export interface LoggingSink {
  readonly origin: string;
  readonly port: number;
  readonly entries: SinkEntry[];
  /**
   * From now on the first attempts of a postback are answered in this manner, until `calm`. Not all of them, so that
   * something goes through, and no postback often, so that it comes to its end within the round.
   */
  behave(manner: Manner): void;
  calm(): void;
  /** Nobody listens any more: connections are refused. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Every so many postbacks, the first attempt is turned away even in good times, so that attempts can be compared. */
const REFUSE_EVERY = 12;

export async function startLoggingSink(seed = 1): Promise<LoggingSink> {
  const entries: SinkEntry[] = [];
  const attempts = new Map<string, number>();
  const random = createRandom(seed);
  const closing = new AbortController();
  let manner: Manner | null = null;
  let port = 0;

  const mannerOf = (name: string): Manner => {
    const attempt = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, attempt);
    if (attempt > 1) return polite;
    if (manner !== null) return random.int(1, 3) > 1 ? manner : polite;
    return attempts.size % REFUSE_EVERY === 0 ? unavailable : polite;
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const key = single(headers['idempotency-key']);
      const body = Buffer.concat(chunks).toString('utf8');
      const answer = mannerOf(`${url.split('?')[0]} ${key}`);
      const status = answer({ request, response, random, closing: closing.signal });
      entries.push({ method, url, key, messageId: single(headers['webhook-id']), body, status });
    });
  };
  let server = await listen(listener, 0);
  ({ port } = server.address() as AddressInfo);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    entries,
    behave: (next) => {
      manner = next;
    },
    calm: () => {
      manner = null;
    },
    leave: () => closeServer(server),
    async comeBack() {
      if (!server.listening) server = await listen(listener, port);
    },
    async close() {
      closing.abort();
      await closeServer(server);
    },
  };
}

async function listen(listener: (request: IncomingMessage, response: ServerResponse) => void, port: number) {
  const server = createServer(listener);
  // Those who hang up in the middle are what this server is for.
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function single(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
