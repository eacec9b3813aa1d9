import { createServer, type RequestListener, type Server } from 'node:http';

/** A whole request head in this time, or the connection is closed: slow senders may not hold sockets. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A whole request in this time; bodies are a megabyte at most. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle time of the usual load balancers, so that they close first and never meet a closed socket. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How long requests in flight may take after the process was told to stop; its supervisor waits for ten seconds. */
const DRAIN_MS = 8_000;

/** A server with every time limit set. */
export function createHttpServer(app: RequestListener): Server {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 2_000,
  };
  return createServer(limits, app);
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
