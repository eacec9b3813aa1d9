import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { DestinationKind, PlannedRefusal } from './plan-refusals';
import { isSignedWith } from './webhook-signature';

/** One request that reached a loopback destination, and what we answered. */
export type SinkAttempt = {
  atMs: number;
  destination: DestinationKind;
  /** The partner's or campaign's key in the cast. */
  name: string;
  method: string;
  /** Path and query as received. */
  target: string;
  body: string;
  /** The `Idempotency-Key` header with its percent-encoding undone; null when it was not sent. */
  key: string | null;
  /** The `webhook-id` header of a signed message. */
  messageId: string | null;
  clickId: string | null;
  /** As the request names it; null where it does not. */
  event: string | null;
  status: number;
  signature: 'valid' | 'invalid' | 'not_expected';
};

export type Sink = {
  /** `http://127.0.0.1:<port>/<run>`, the base of every destination URL of this run. */
  readonly baseUrl: string;
  readonly attempts: readonly SinkAttempt[];
  /** Requests that belong to earlier runs on the same instance; they are accepted and not looked at. */
  readonly strangers: number;
  /** Tells how to treat this click's postbacks; without it, they are accepted. */
  plan(clickId: string, refusals: readonly PlannedRefusal[]): void;
  /** From here on, the webhook of this campaign must be signed with `secret`. */
  trust(campaign: string, secret: string): void;
  close(): Promise<void>;
};

/** Thrown when somebody else listens on the port of the loopback destinations. */
export class SinkPortTaken extends Error {
  override readonly name = 'SinkPortTaken';
}

const CLICK_ID = /clk_[0-7][0-9a-hjkmnp-tv-z]{25}/;
const PATH = /^\/([^/?]+)\/(partner_url|webhook)\/([^/?]+)/;
/** Postbacks are a few hundred bytes; anything this long is a fault of the sender and is cut off. */
const MAX_BODY_BYTES = 256 * 1024;

/** Listens on 127.0.0.1 as the partners' and advertisers' servers would, and remembers every attempt. */
export async function startSink({ port, runId }: { port: number; runId: string }): Promise<Sink> {
  const attempts: SinkAttempt[] = [];
  const plans = new Map<string, readonly PlannedRefusal[]>();
  const secrets = new Map<string, string>();
  let strangers = 0;

  const judge = (request: IncomingMessage, body: string): number => {
    const target = request.url ?? '/';
    const [, run, kind, name = ''] = PATH.exec(target) ?? [];
    if (run !== runId || (kind !== 'partner_url' && kind !== 'webhook')) {
      strangers += 1;
      return 200;
    }
    const seen = {
      atMs: Date.now(),
      destination: kind,
      name,
      method: request.method ?? 'GET',
      target,
      body,
      key: decoded(header(request, 'idempotency-key')),
      messageId: header(request, 'webhook-id'),
      clickId: CLICK_ID.exec(`${target}\n${body}`)?.[0] ?? null,
      event: eventNamed(target, body),
    } as const;
    const secret = kind === 'webhook' ? secrets.get(name) : undefined;
    const signature =
      secret === undefined
        ? 'not_expected'
        : isSignedWith(secret, request.headers, body)
          ? 'valid'
          : 'invalid';
    const status = plannedStatus(seen, plans.get(seen.clickId ?? '') ?? [], attempts);
    attempts.push({ ...seen, status, signature });
    return status;
  };

  const server = createServer((request, response) => {
    readBody(request).then(
      (body) => {
        const status = judge(request, body);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(REPLIES[status] ?? 'ok');
      },
      () => response.destroy(),
    );
  });
  const listening = await listen(server, port);
  return {
    baseUrl: `http://127.0.0.1:${listening}/${runId}`,
    attempts,
    get strangers() {
      return strangers;
    },
    plan: (clickId, refusals) => void plans.set(clickId, refusals),
    trust: (campaign, secret) => void secrets.set(campaign, secret),
    close: () => close(server),
  };
}

const REPLIES: Readonly<Record<number, string>> = {
  400: 'planned refusal: this conversion is not ours',
  404: 'planned refusal: unknown transaction',
  503: 'planned outage: please come again',
};

function plannedStatus(
  seen: Omit<SinkAttempt, 'status' | 'signature'>,
  refusals: readonly PlannedRefusal[],
  earlier: readonly SinkAttempt[],
): number {
  const refusal = refusals.find(
    ({ destination, event }) => destination === seen.destination && (event === null || event === seen.event),
  );
  if (refusal === undefined) return 200;
  if (refusal.treatment === 'refuse') return refusal.status;
  const again = earlier.some((attempt) => attempt.name === seen.name && samePostback(attempt, seen));
  return again ? 200 : 503;
}

/** Without a key the content has to do: the outage must end even for a sender who forgot the header. */
function samePostback(a: Pick<SinkAttempt, 'key' | 'target' | 'body'>, b: typeof a): boolean {
  return a.key === null ? a.target === b.target && a.body === b.body : a.key === b.key;
}

/** The event as our partner URL template writes it, wherever the sender put the parameters. */
function eventNamed(target: string, body: string): string | null {
  const query = new URL(target, 'http://sink').searchParams.get('event');
  if (query !== null) return query;
  const inJson = /"(?:event|type)"\s*:\s*"([^"]+)"/.exec(body)?.[1];
  return inJson ?? new URLSearchParams(body).get('event');
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Keys hold the sender's transaction id, which may be any text; in a header it travels percent-encoded. */
function decoded(value: string | null): string | null {
  if (value === null) return null;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const body = await text(request);
  return body.slice(0, MAX_BODY_BYTES);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new SinkPortTaken(`Port ${port} on 127.0.0.1 is taken`, { cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
