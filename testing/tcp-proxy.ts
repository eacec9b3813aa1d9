import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * What the proxy does with bytes of either direction. `black-hole` takes connections and drops what is sent; `hold` keeps
 * it and passes it on later, as a frozen server would; `reset` breaks every connection, old and new.
 */
export type ProxyMode = 'pass' | 'black-hole' | 'hold' | 'reset';

export interface TcpProxyOptions {
  readonly host: string;
  readonly port: number;
  /** Added to each chunk of either direction. */
  readonly delayMs?: number;
  /** The largest piece that is passed on at once; small ones cut messages apart. */
  readonly sliceBytes?: number;
}

/** A proxy on a loopback port of its own, between a client and the server that it is to lose. */
export interface TcpProxy {
  readonly port: number;
  /** Takes effect at once, on connections that exist, too. */
  setMode(mode: ProxyMode): void;
  /** Connections of clients that are open. */
  connections(): number;
  stop(): Promise<void>;
}

export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const state: State = { mode: 'pass', sockets: new Set(), held: [] };
  const server = createServer((client) => join(client, options, state));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const closeAll = (): void => {
    for (const socket of state.sockets) socket.resetAndDestroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    setMode: (mode) => {
      state.mode = mode;
      if (mode === 'reset') closeAll();
      if (mode === 'pass') for (const send of state.held.splice(0)) send();
    },
    connections: () => Math.ceil(state.sockets.size / 2),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      closeAll();
      await closed;
    },
  };
}

type State = { mode: ProxyMode; readonly sockets: Set<Socket>; readonly held: (() => void)[] };

function join(client: Socket, options: TcpProxyOptions, state: State): void {
  if (state.mode === 'reset') {
    client.resetAndDestroy();
    return;
  }
  const server = connect(options.port, options.host);
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    state.sockets.add(from);
    from.setNoDelay(true);
    // The end of a connection is told by its close.
    from.on('error', () => undefined);
    from.on('close', () => {
      state.sockets.delete(from);
      // Whoever is cut off hears of no end either. What is on its way comes before it.
      if (state.mode === 'pass' || state.mode === 'reset') to.end();
    });
    from.on('data', (chunk: Buffer) => pass(chunk, to, options, state));
  }
}

function pass(chunk: Buffer, to: Socket, options: TcpProxyOptions, state: State): void {
  const { delayMs = 0, sliceBytes = chunk.length } = options;
  const send = (): void => {
    for (let at = 0; at < chunk.length && to.writable; at += sliceBytes) {
      to.write(chunk.subarray(at, at + sliceBytes));
    }
  };
  if (state.mode === 'black-hole') return;
  if (state.mode === 'hold') state.held.push(send);
  else if (delayMs === 0) send();
  else setTimeout(send, delayMs);
}

/** The connection URL of a database, led through the proxy. */
export function throughProxy(databaseUrl: string, proxy: TcpProxy): string {
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}
