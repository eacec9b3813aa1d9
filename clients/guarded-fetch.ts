import { Agent, type Dispatcher, request } from 'undici';
import type { NetworkFailure } from '../domain/postback/outcome';
import { isRefusedPort } from '../domain/postback/refused-ports';
import { SECOND_MS } from '../domain/time';
import { createGuardedConnector, type ResolveHost, resolveBySystem } from './guarded-connector';
import { describeNetworkError } from './network-failure';
import { excerptOf } from './response-excerpt';

/** For the whole exchange: resolving, connecting, sending, headers and body. */
const DEFAULT_DEADLINE_MS = 10 * SECOND_MS;
/** Enough to end any sane answer cleanly and keep its connection; whatever comes after is cut off. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const USER_AGENT = 'clickchain/1';

export type OutboundRequest = {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type SendResult =
  | { kind: 'response'; status: number; retryAfter: string | null; excerpt: string; latencyMs: number }
  | { kind: 'failed'; reason: NetworkFailure; detail: string; latencyMs: number };

export type GuardedFetch = {
  /**
   * Sends one request to an address chosen by a stranger. Resolves for everything that the network or the other
   * side can do; rejects only with the reason of the caller's own `signal`. Redirects are reported, not followed.
   */
  send(outbound: OutboundRequest, signal?: AbortSignal): Promise<SendResult>;
  /** Closes idle connections and breaks running ones. */
  close(): Promise<void>;
};

export type GuardedFetchOptions = {
  /** Lets requests reach loopback and private addresses; link-local stays blocked. */
  readonly allowPrivate?: boolean;
  /** `host:port` exactly as it stands in URLs; open although it is private. */
  readonly allowedSink?: string | null;
  readonly resolve?: ResolveHost;
  readonly deadlineMs?: number;
};

/** The only door to the outside: an HTTP client that cannot be led into the private network or kept busy. */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const agent = new Agent({
    connect: createGuardedConnector({
      allowPrivate: options.allowPrivate ?? false,
      allowedSink: options.allowedSink ?? null,
      resolve: options.resolve ?? resolveBySystem,
      connectTimeoutMs: deadlineMs,
    }),
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline below is the only clock: undici's own are per phase and coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send: (outbound, signal) => sendWithin(deadlineMs, agent, outbound, signal),
    close: () => agent.destroy(),
  };
}

async function sendWithin(
  deadlineMs: number,
  agent: Agent,
  outbound: OutboundRequest,
  signal: AbortSignal | undefined,
): Promise<SendResult> {
  signal?.throwIfAborted();
  const startedAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - startedAt);
  const urlProblem = problemOfUrl(outbound.url);
  if (urlProblem)
    return { kind: 'failed', reason: 'blocked_address', detail: urlProblem, latencyMs: latencyMs() };
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  const stop = signal ? AbortSignal.any([deadline.signal, signal]) : deadline.signal;
  try {
    const response = await dispatch(agent, outbound, stop);
    const beginning = await readBeginning(response.body);
    signal?.throwIfAborted();
    return {
      kind: 'response',
      status: response.statusCode,
      retryAfter: firstValue(response.headers['retry-after']),
      excerpt: excerptOf(beginning),
      latencyMs: latencyMs(),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const failure = deadline.signal.aborted
      ? { reason: 'timeout' as const, detail: `no answer within ${deadlineMs} ms` }
      : describeNetworkError(error);
    return { kind: 'failed', ...failure, latencyMs: latencyMs() };
  } finally {
    clearTimeout(timer);
  }
}

function dispatch(
  agent: Agent,
  outbound: OutboundRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return request(outbound.url, {
    dispatcher: agent,
    method: outbound.method,
    // `identity`, because nothing is decoded here: a decompression bomb stays the few bytes that it is.
    headers: { 'user-agent': USER_AGENT, accept: '*/*', 'accept-encoding': 'identity', ...outbound.headers },
    body: outbound.body,
    signal,
  });
}

/** URLs are validated before they are stored; this catches what bypassed that, before any connection. */
function problemOfUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'the URL cannot be read';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https are sent';
  if (isRefusedPort(url.port)) return `port ${url.port} is not for HTTP`;
  return url.username === '' && url.password === '' ? null : 'the URL holds a user name';
}

/**
 * Reads at most the cap. The status has decided by now, so a body that stops, breaks or never ends changes
 * nothing: it gives what has arrived, and leaving the loop destroys the connection.
 */
async function readBeginning(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, MAX_BODY_BYTES - length));
      length += chunk.length;
      if (length >= MAX_BODY_BYTES) break;
    }
  } catch {
    // The deadline or the other side ended the body.
  }
  return Buffer.concat(chunks);
}

function firstValue(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
