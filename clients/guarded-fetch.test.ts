import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  createGuardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
  type OutboundRequest,
} from './guarded-fetch';

const stops: Array<() => Promise<unknown>> = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const httpServer = (listener: RequestListener) => listen(createHttpServer(listener));

/** A server below HTTP: answers the first bytes of each connection as it likes. */
const tcpServer = (answer: (socket: Socket) => void) =>
  listen(createTcpServer((socket) => void socket.once('data', () => answer(socket))));

function client(options: GuardedFetchOptions = {}): GuardedFetch {
  const created = createGuardedFetch({ allowPrivate: true, deadlineMs: 5_000, ...options });
  stops.push(() => created.close());
  return created;
}

function to(host: string, changes: Partial<OutboundRequest> = {}): OutboundRequest {
  return { url: `http://${host}/p?a=1`, method: 'GET', headers: {}, body: null, ...changes };
}

/** Writes the piece again and again until the connection ends; `everyMs` 0 writes as fast as it drains. */
function drip(socket: Socket, piece: string | Buffer, everyMs: number): void {
  if (everyMs > 0) {
    const timer = setInterval(() => socket.write(piece), everyMs);
    socket.on('close', () => clearInterval(timer));
    return;
  }
  const pour = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', pour);
  pour();
}

/** A promise that the other side of the conversation resolves. */
function latch(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('a sane destination', () => {
  it('gets the request as rendered, and its answer comes back', async () => {
    const seen: unknown[] = [];
    const host = await httpServer((request, response) => {
      request.setEncoding('utf8').on('data', (body) => {
        seen.push(request.method, request.url, request.headers, body);
        response.writeHead(202, { 'content-type': 'text/plain' }).end('OK\n');
      });
    });
    const result = await client().send(
      to(host, {
        method: 'POST',
        headers: { 'x-key': 'k', 'content-type': 'application/json' },
        body: '{"ü":1}',
      }),
    );
    expect(result).toEqual({
      kind: 'response',
      status: 202,
      retryAfter: null,
      excerpt: 'OK',
      latencyMs: expect.any(Number),
    });
    expect(seen).toEqual([
      'POST',
      '/p?a=1',
      expect.objectContaining({
        host,
        'x-key': 'k',
        'accept-encoding': 'identity',
        'user-agent': 'clickchain/1',
      }),
      '{"ü":1}',
    ]);
  });

  it('is asked by name through its checked address', async () => {
    const host = await httpServer((request, response) => response.end(request.headers.host));
    const named = `partner.example:${host.split(':')[1]}`;
    const sender = client({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    expect(await sender.send(to(named))).toMatchObject({ status: 200, excerpt: named });
  });

  it('keeps its connection for later requests', async () => {
    const ports = new Set<number | undefined>();
    const host = await httpServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('x'.repeat(2_000));
    });
    const sender = client();
    for (let count = 0; count < 20; count += 1) await sender.send(to(host));
    // Undici frees a connection one turn after its answer, so a second one may be opened at first.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('may ask for patience', async () => {
    const host = await httpServer((_request, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end(),
    );
    expect(await client().send(to(host))).toMatchObject({ kind: 'response', status: 503, retryAfter: '120' });
  });
});

describe('a destination that answers garbage', () => {
  it('is judged by its status; the body becomes a harmless excerpt', async () => {
    const host = await httpServer((_request, response) =>
      response.end('<b>\u001b[31mhi\r\n\0\u202Eyou\u2028</b>'),
    );
    expect(await client().send(to(host))).toMatchObject({ status: 200, excerpt: '[binary]' });
    const text = await httpServer((_request, response) =>
      response.end('<b>\u001b[31mhi\r\n\u202Eyou\u2028</b>'),
    );
    expect(await client().send(to(text))).toMatchObject({ status: 200, excerpt: '<b> [31mhi you </b>' });
  });

  it('is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const host = await httpServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await client().send(to(host))).toMatchObject({ status: 200, excerpt: '[binary]' });
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['bytes', '\x00\x01\x02\x03\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbro ken\0: x\r\n\r\n'],
  ])('%s is a protocol failure', async (_name, answer) => {
    const host = await tcpServer((socket) => socket.end(answer, 'latin1'));
    expect(await client().send(to(host))).toMatchObject({ kind: 'failed', reason: 'protocol' });
  });

  it('is too large when its headers do not end', async () => {
    const host = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip(socket, `x-${'a'.repeat(1_000)}: ${'b'.repeat(1_000)}\r\n`, 0);
    });
    expect(await client().send(to(host))).toMatchObject({ kind: 'failed', reason: 'too_large' });
  });

  it('is a tls failure when it does not speak TLS', async () => {
    const host = await httpServer((_request, response) => response.end());
    const result = await client().send(to(host, { url: `https://${host}/` }));
    expect(result).toMatchObject({ kind: 'failed', reason: 'tls' });
  });
});

describe('a destination that hangs', () => {
  const impatient = { deadlineMs: 300 };

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['stops within its status line', (socket) => socket.write('HTTP/1.1 2')],
    [
      'drips valid headers',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        drip(socket, 'x-a: b\r\n', 20);
      },
    ],
    ['sends interim answers for ever', (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 20)],
  ])('that %s is a timeout', async (_name, answer) => {
    const result = await client(impatient).send(to(await tcpServer(answer)));
    expect(result).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(result.latencyMs).toBeLessThan(2_000);
  });

  it('after its status has delivered that status, with what came of the body', async () => {
    const host = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nbegin');
      drip(socket, '.', 20);
    });
    const result = await client(impatient).send(to(host));
    expect(result).toMatchObject({
      kind: 'response',
      status: 200,
      excerpt: expect.stringMatching(/^begin\.+$/),
    });
    expect(result.latencyMs).toBeLessThan(2_000);
  });

  it('does not delay the others', async () => {
    const hanging = await tcpServer(() => undefined);
    const sane = await httpServer((_request, response) => response.end('OK'));
    const sender = client({ deadlineMs: 2_000 });
    const stuck = Promise.all(Array.from({ length: 50 }, () => sender.send(to(hanging))));
    const answers = await Promise.all(Array.from({ length: 20 }, () => sender.send(to(sane))));
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'response', status: 200 });
    for (const answer of await stuck) expect(answer).toMatchObject({ reason: 'timeout' });
  });

  it('in its name server is a timeout, and is asked once for all who wait', async () => {
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    const sender = client({ ...impatient, resolve });
    const results = await Promise.all([1, 2, 3].map(() => sender.send(to('slow-dns.example'))));
    for (const result of results) expect(result).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(asked).toBe(1);
  });
});

describe('a destination that sends too much', () => {
  const MEGABYTE = Buffer.alloc(1_000_000, 'x');

  it.each([
    ['100 MB', 'content-length: 100000000\r\n\r\n', 100],
    ['a body without end', '\r\n', Number.POSITIVE_INFINITY],
    ['chunks without end', 'transfer-encoding: chunked\r\n\r\nffffffff\r\n', Number.POSITIVE_INFINITY],
  ])('%s is cut off', async (_name, head, megabytes) => {
    let sent = 0;
    const closed = latch();
    const host = await tcpServer((socket) => {
      socket.on('close', () => closed.open());
      socket.write(`HTTP/1.1 200 OK\r\n${head}`);
      const pour = () => {
        while (!socket.destroyed && sent < megabytes) {
          sent += 1;
          if (!socket.write(MEGABYTE)) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    const result = await client().send(to(host));
    expect(result).toMatchObject({ kind: 'response', status: 200, excerpt: 'x'.repeat(500) });
    expect(result.latencyMs).toBeLessThan(3_000);
    await closed.opened;
    // What the kernel's buffers of both sides take; nothing of it reaches our memory.
    expect(sent).toBeLessThan(30);
  });
});

describe('a destination that redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i is reported and not followed', async (status) => {
    let visits = 0;
    const canary = await httpServer((_request, response) => {
      visits += 1;
      response.end();
    });
    const host = await httpServer((_request, response) =>
      response.writeHead(status, { location: `http://${canary}/` }).end(),
    );
    const sender = client({ allowPrivate: false, allowedSink: host });
    expect(await sender.send(to(host))).toMatchObject({ kind: 'response', status });
    expect(visits).toBe(0);
  });
});

describe('a destination that is not there', () => {
  it('refuses the connection', async () => {
    const host = await httpServer(() => undefined);
    await Promise.all(stops.splice(0).map((stop) => stop()));
    expect(await client().send(to(host))).toMatchObject({ kind: 'failed', reason: 'refused' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['hangs up', (socket) => socket.end()],
    ['hangs up within its headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nx: ')],
  ])('%s', async (_name, answer) => {
    expect(await client().send(to(await tcpServer(answer)))).toMatchObject({
      kind: 'failed',
      reason: 'reset',
    });
  });

  it('resets within its body, after its status has delivered', async () => {
    const host = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin', () => socket.resetAndDestroy());
    });
    expect(await client().send(to(host))).toMatchObject({ kind: 'response', status: 200 });
  });

  it.each([
    ['has no such name', async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))],
    [
      'has a failing name server',
      async () => Promise.reject(Object.assign(new Error('no'), { code: 'EAI_AGAIN' })),
    ],
    ['has a name without address', async () => []],
  ])('%s', async (_name, resolve) => {
    const result = await client({ resolve }).send(to('gone.example'));
    expect(result).toMatchObject({ kind: 'failed', reason: 'dns' });
  });
});

describe('a URL that should never have been stored', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://partner.example/',
    'http://user:pw@partner.example/',
    'nonsense',
    '',
  ])('%j is blocked', async (url) => {
    const result = await client().send(to('', { url }));
    expect(result).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
  });

  it('and headers that would split the request fail before anything is sent', async () => {
    const host = await httpServer((_request, response) => response.end());
    const result = await client().send(to(host, { headers: { 'x-a': 'b\r\nx-c: d' } }));
    expect(result).toMatchObject({ kind: 'failed', reason: 'protocol' });
  });
});

describe('cancellation', () => {
  it('ends a running attempt with the reason of the signal', async () => {
    const arrived = latch();
    const host = await tcpServer(() => arrived.open());
    const controller = new AbortController();
    const attempt = client().send(to(host), controller.signal);
    await arrived.opened;
    const reason = new Error('cancelled by the workflow');
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
  });

  it('ends an attempt within its body too', async () => {
    const controller = new AbortController();
    const host = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin', () =>
        controller.abort(new Error('stop')),
      );
    });
    await expect(client().send(to(host), controller.signal)).rejects.toThrow('stop');
  });

  it('does not begin when it has already come', async () => {
    await expect(client().send(to('127.0.0.1:1'), AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
  });
});
