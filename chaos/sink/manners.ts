import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Random } from '../../simulator/random';

/** What a destination is given to answer with, and the status that the auditor may count. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly random: Random;
  /** Requests that nobody will ever end are ended when the sink closes. */
  readonly closing: AbortSignal;
}

/** Answers in its own way and says which status the sender may have seen; 0 when it saw none. */
export type Manner = (exchange: Exchange) => number;

export const polite: Manner = ({ response }) => plain(response, 200, 'ok');

export const busy: Manner = ({ response, random }) => {
  const afterSeconds = random.int(1, 4);
  const [status, retryAfter] = random.pick([
    [500, null],
    [502, null],
    [504, null],
    [408, null],
    [429, String(afterSeconds)],
    [429, new Date(Date.now() + afterSeconds * 1_000).toUTCString()],
  ] as const);
  if (retryAfter !== null) response.setHeader('retry-after', retryAfter);
  return plain(response, status, 'later');
};

/** Everything that holds a sender up or fills its memory. What begins with a 200 has taken the postback. */
export const endless: Manner = (exchange) => {
  const { random } = exchange;
  return random.pick([silent, dribblingHead, neverEndingBody, hugeBody, gzipBomb])(exchange);
};

/** Everything that is hard to tell from success or failure. */
export const ambiguous: Manner = (exchange) => {
  const { random } = exchange;
  return random.pick([garbage, softFailure, resetBeforeStatus, resetAfterStatus, notHttp])(exchange);
};

/** What no repetition mends. 3xx counts: it is never followed. */
export const permanent: Manner = ({ response, random }) => {
  const status = random.pick([400, 401, 403, 404, 301, 307]);
  if (status < 400) response.setHeader('location', 'http://127.0.0.1:9/elsewhere');
  return plain(response, status, 'no');
};

export const gone: Manner = ({ response }) => plain(response, 410, 'never again');

export const unavailable: Manner = ({ response }) => plain(response, 503, 'not now');

function plain(response: ServerResponse, status: number, body: string): number {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  return status;
}

const silent: Manner = () => 0;

const dribblingHead: Manner = ({ request, closing }) => {
  const { socket } = request;
  const text = 'HTTP/1.1 200 OK\r\nx-padding: ';
  let sent = 0;
  repeat(socket, closing, 1_000, () => socket.write(text[sent++] ?? 'x'));
  return 0;
};

const neverEndingBody: Manner = ({ request, response, closing }) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  repeat(request.socket, closing, 50, () => response.write('<p>more</p>'));
  return 200;
};

const BOMB_BYTES = 64 * 1024 * 1024;
const HUGE_BYTES = 100 * 1024 * 1024;

const hugeBody: Manner = ({ response }) => {
  response.writeHead(200, { 'content-length': HUGE_BYTES });
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let left = HUGE_BYTES;
  const pour = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', pour);
        return;
      }
    }
    response.end();
  };
  pour();
  return 200;
};

/** 64 MB of nothing in 64 kB of gzip, made once; the sender has not asked for packing. */
let bomb: Buffer | null = null;

const gzipBomb: Manner = ({ response }) => {
  bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES));
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  return 200;
};

const garbage: Manner = ({ response }) => plain(response, 200, '\u0000\u0001<script>alert(1)</script>{{{');
const softFailure: Manner = ({ response }) => plain(response, 200, '{"error":{"code":1,"message":"no"}}');

const resetBeforeStatus: Manner = ({ request }) => {
  request.socket.resetAndDestroy();
  return 0;
};

/** The head may or may not arrive before the reset: both ends must be right. */
const resetAfterStatus: Manner = ({ request, response }) => {
  response.writeHead(200, { 'content-length': 1_000 });
  response.write('half', () => request.socket.resetAndDestroy());
  return 200;
};

const notHttp: Manner = ({ request }) => {
  request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  return 0;
};

function repeat(
  socket: IncomingMessage['socket'],
  closing: AbortSignal,
  everyMs: number,
  work: () => void,
): void {
  const timer = setInterval(work, everyMs);
  const stop = (): void => clearInterval(timer);
  socket.once('close', stop);
  socket.on('error', stop);
  closing.addEventListener('abort', () => {
    stop();
    socket.destroy();
  });
}
