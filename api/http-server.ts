import { createServer, type RequestListener, type Server } from 'node:http';

/** How long a connection may take for what, in milliseconds. */
export const HTTP_TIMES = {
  /** A whole request head in this time, or the connection is closed: slow senders may not hold sockets. */
  headersTimeout: 10_000,
  /** A whole request in this time; bodies are a megabyte at most. */
  requestTimeout: 30_000,
  /** Longer than the idle time of the usual load balancers, so that they close first and never meet a closed socket. */
  keepAliveTimeout: 65_000,
  /** How often the first two are looked at. */
  connectionsCheckingInterval: 2_000,
};
/** A socket on which nothing moves: whoever does not read our answer holds its memory. */
const SILENT_SOCKET_MS = 60_000;
/** More than any browser or sender of ours needs, far less than what would hurt. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;
/** Connections of one process, mostly idle ones of proxies. Below the usual limit of open files in a container. */
const MAX_CONNECTIONS = 10_000;
/** How long requests in flight may take after the process was told to stop; its supervisor waits for ten seconds. */
const DRAIN_MS = 8_000;

/** A server with every limit set. */
export function createHttpServer(app: RequestListener, times = HTTP_TIMES): Server {
  const server = createServer({ ...times, maxHeaderSize: MAX_HEADER_BYTES }, app);
  server.setTimeout(SILENT_SOCKET_MS);
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/** Resolves with the port once the server listens; rejects when it cannot, as when the port is taken. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Takes no new connections, lets requests in flight finish for at most eight seconds, then cuts what is left. */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // A kept-alive connection becomes idle only when its request ends, which is after the call above.
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
