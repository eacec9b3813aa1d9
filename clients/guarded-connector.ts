import * as dns from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { judgeAddress } from './public-address';

export type ResolvedAddress = { address: string; family: number };

/** Turns a host name into addresses; `dns.lookup` unless a test injects another. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export type ConnectorOptions = {
  /** Lets requests reach loopback and private addresses, and still not where clouds keep credentials. */
  readonly allowPrivate: boolean;
  /** One `host:port`, compared literally, that is open although it is private. Not where clouds keep credentials. */
  readonly allowedSink: string | null;
  readonly resolve: ResolveHost;
  readonly connectTimeoutMs: number;
};

/** The connection was refused by us. The address itself is left out: the message reaches the tenant. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';

  constructor(hostname: string, range: string) {
    super(`${hostname} is not a public address (${range})`);
  }
}

export async function resolveBySystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  return dns.lookup(hostname, { all: true, verbatim: true });
}

/**
 * An undici connector that can only reach public addresses. A name is resolved once, inside the connection, and
 * the socket goes to the very addresses that were checked, so a second DNS answer cannot differ. Node never calls
 * `lookup` for literals, so these are checked before the connection.
 */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const connectorFor = (allowPrivate: boolean) =>
    buildConnector({
      timeout: options.connectTimeoutMs,
      lookup: createGuardedLookup(options.resolve, allowPrivate),
    });
  const connectors = { toSink: connectorFor(true), elsewhere: connectorFor(options.allowPrivate) };
  return (target, callback) => {
    const isSink = isAllowedSink(target, options.allowedSink);
    const hostname = withoutBrackets(target.hostname);
    if (isIP(hostname) !== 0) {
      const verdict = judgeAddress(hostname, isSink || options.allowPrivate);
      if (!verdict.allowed) return callback(new BlockedAddressError(hostname, verdict.range), null);
    }
    return (isSink ? connectors.toSink : connectors.elsewhere)(target, callback);
  };
}

function isAllowedSink(target: buildConnector.Options, allowedSink: string | null): boolean {
  if (allowedSink === null) return false;
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const hostname = withoutBrackets(target.hostname);
  return allowedSink === `${hostname}:${port}` || allowedSink === `[${hostname}]:${port}`;
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function createGuardedLookup(resolve: ResolveHost, allowPrivate: boolean): LookupFunction {
  const resolveOnce = shareConcurrent(resolve);
  return (hostname, lookupOptions, callback) => {
    resolveOnce(hostname).then(
      (addresses) => {
        const problem = lookupProblem(hostname, addresses, allowPrivate);
        const first = addresses[0];
        if (problem !== null || first === undefined) return callback(problem ?? notFound(hostname), []);
        if (lookupOptions.all === true) return callback(null, [...addresses]);
        return callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

/** One forbidden address condemns the name: a mixed answer is what a rebinding attack looks like. */
function lookupProblem(
  hostname: string,
  addresses: readonly ResolvedAddress[],
  allowPrivate: boolean,
): Error | null {
  for (const { address } of addresses) {
    const verdict = judgeAddress(address, allowPrivate);
    if (!verdict.allowed) return new BlockedAddressError(hostname, verdict.range);
  }
  return null;
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}

/**
 * `getaddrinfo` occupies one of four libuv threads until it answers. Sharing lookups in flight keeps one
 * destination with a dead name server from taking all four and stopping the others.
 */
function shareConcurrent(resolve: ResolveHost): ResolveHost {
  const inFlight = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const running = inFlight.get(hostname);
    if (running) return running;
    const started = resolve(hostname).finally(() => inFlight.delete(hostname));
    inFlight.set(hostname, started);
    return started;
  };
}
