import { connect, createServer } from 'node:net';

/** A port that was written down, if it can be one. */
export function portOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536 ? value : null;
}

/** True when nothing listens on the port, so that a server could be started there. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A port that the operating system says is free on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** `wanted` if it is free; else the next free one of the fifty above it; else any free one. 0 asks for any. */
export async function freePortFrom(wanted: number): Promise<number> {
  if (wanted === 0) return freePort();
  for (let port = wanted; port <= Math.min(wanted + 50, 65_535); port += 1) {
    if (await isPortFree(port)) return port;
  }
  return freePort();
}

/** True when something on loopback takes connections on the port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
