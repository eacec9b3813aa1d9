import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createHttpServer, drain, HTTP_TIMES, listen } from '../../api/http-server';
import { createWorkspace } from '../../db/seed-instance';
import { createEventSender, type EventSender } from '../event-sender';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import { until } from '../until';

/** A hundredth of what production allows, so that the test need not wait for it. */
const SHORT = {
  headersTimeout: 400,
  requestTimeout: 800,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 100,
};
const SLOW_SENDERS = 500;

let ingest: IngestFixture;
let sender: EventSender;
let server: Server;
let port: number;

beforeAll(async () => {
  ingest = await startIngest();
  sender = await createEventSender(ingest);
  server = createHttpServer(ingest.app, SHORT);
  port = await listen(server, 0, '127.0.0.1');
});
afterAll(async () => {
  await drain(server);
  await ingest.stop();
});

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What the server says to these bytes before it closes the connection, or `atMostMs` have passed. */
async function exchange(bytes: string | Buffer): Promise<string> {
  const socket = await open();
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const head = (line: string, headers: Record<string, string> = {}): string =>
  `${[line, 'host: x', 'connection: close', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;

describe('slow senders', () => {
  it('production gives a head ten seconds and a request thirty', () => {
    expect(HTTP_TIMES).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 2_000,
    });
    const byDefault = createHttpServer(() => undefined);
    expect(byDefault).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
    });
  });

  it.each([
    ['a head', 'GET /healthz HTTP/1.1\r\nx-slow: '],
    [
      'a body',
      head('POST /v1/offers HTTP/1.1', { authorization: 'Bearer ck_x', 'content-length': '1000000' }),
    ],
  ])('five hundred that drip %s keep nobody waiting, and are cut off', async (_what, beginning) => {
    const sockets = await Promise.all(Array.from({ length: SLOW_SENDERS }, open));
    for (const socket of sockets) socket.resume().write(beginning);
    const dripping = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('a');
    }, 50);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => exchange(head('GET /healthz HTTP/1.1'))),
    );
    expect(answers.map(statusOf)).toEqual(Array.from({ length: 20 }, () => 200));
    await until('all of them to be cut off', async () => sockets.every(({ closed }) => closed));
    clearInterval(dripping);
    expect(statusOf(await exchange(head('GET /healthz HTTP/1.1')))).toBe(200);
  });
});

describe('what is too large', () => {
  const big = (length: number): string => 'x'.repeat(length);
  const key = (): Record<string, string> => ({ authorization: `Bearer ${sender.source.key}` });

  it.each<[string, () => string | Buffer, readonly number[]]>([
    ['a URL of 64 KB', () => head(`GET /c/x?sub1=${big(65_536)} HTTP/1.1`), [431]],
    ['a URL of 15 KB, which fits', () => head(`GET /c/x?sub1=${big(15_000)} HTTP/1.1`), [404]],
    ['a header of 64 KB', () => head('GET /c/x HTTP/1.1', { cookie: big(65_536) }), [431]],
    ['three thousand headers', () => head('GET /healthz HTTP/1.1', many(3_000)), [200, 431]],
    ['an announced body of 1 GB', () => post({ ...key(), 'content-length': '1073741824' }), [413]],
    [
      'a body of a byte too much',
      () => post({ ...key(), 'content-length': '1048577' }, big(1_048_577)),
      [413],
    ],
    [
      'chunks without end',
      () => post({ ...key(), 'transfer-encoding': 'chunked' }, `200000\r\n${big(0x200000)}\r\n`),
      [413, 408],
    ],
    [
      'a chunk with a negative size',
      () => post({ ...key(), 'transfer-encoding': 'chunked' }, '-1\r\n'),
      [400],
    ],
    ['two lengths', () => post({ ...key(), 'content-length': '5', 'Content-Length': '6' }, 'aaaaaa'), [400]],
    [
      'a length and chunks',
      () => post({ ...key(), 'content-length': '5', 'transfer-encoding': 'chunked' }, '0\r\n\r\n'),
      [400],
    ],
    ['a line without an end', () => Buffer.from('GET / HTTP/1.1\nhost: x\n\n'), [400]],
    ['no HTTP', () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]), [400]],
  ])('%s', async (_what, bytes, statuses) => {
    expect(statuses).toContain(statusOf(await exchange(bytes())));
  });

  function post(headers: Record<string, string>, body = ''): string {
    return (
      head('POST /webhooks/gaming/deposit HTTP/1.1', { 'content-type': 'application/json', ...headers }) +
      body
    );
  }

  function many(count: number): Record<string, string> {
    return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, '']));
  }
});

describe('a poison payload', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const deposit = (changed: string): string =>
    `{"eventId":"poison","playerId":"P","occurredAt":"2026-11-01T00:00:00Z","amount":"1","currency":"EUR"${changed}}`;

  it.each<[string, string | Buffer]>([
    ['a number beyond all numbers', deposit(',"ngr":1e400')],
    ['cents that no float can hold', deposit(',"amount":9007199254740993')],
    ['an amount of 400 digits', deposit(`,"ngr":"${'9'.repeat(400)}"`)],
    ['more than any column holds', deposit('').replace('"1"', '"99999999999999999999"')],
    ['a negative amount', deposit('').replace('"1"', '"-1"')],
    ['no number', deposit('').replace('"1"', '"NaN"')],
    ['an amount that is a list', deposit('').replace('"1"', '["1"]')],
    ['a field given twice', deposit(',"currency":"USD"')],
    ['a prototype', deposit(',"__proto__":{"isAdmin":true}')],
    ['a constructor', deposit(',"constructor":{"prototype":{}}')],
    ['NUL', deposit(',"city":"a\\u0000b"')],
    ['half a character', deposit(',"city":"\\ud800"')],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"eventId":"'), Buffer.from([0xff, 0xfe, 0x22, 0x7d])]),
    ],
    ['UTF-16 with its mark', Buffer.from(`\ufeff${deposit('')}`, 'utf16le')],
    ['a depth of 10,000', nested(10_000)],
    ['a depth of 100,000 lists', '['.repeat(100_000)],
    ['a million commas', `[${','.repeat(900_000)}]`],
    ['a word that never ends', `{"eventId":"${'a'.repeat(1_000_000)}"}`],
    ['a hundred thousand fields', `{${Array.from({ length: 60_000 }, (_, n) => `"f${n}":1`).join(',')}}`],
    ['nothing', ''],
    ['null', 'null'],
    ['a text', '"deposit"'],
  ])('%s is refused with 4xx everywhere, and nothing is kept', async (_what, body) => {
    const before = await sender.countReceipts();
    const paths = [
      '/webhooks/gaming/deposit',
      '/conversions/track',
      '/postback',
      '/v1/offers',
      '/v1/segments',
    ];
    for (const path of paths) {
      const bytes = Buffer.from(body);
      const asked = head(`${path === '/v1/segments' ? 'PUT' : 'POST'} ${path} HTTP/1.1`, {
        authorization: `Bearer ${path.startsWith('/v1/') ? ingest.adminKey : sender.source.key}`,
        'content-type': 'application/json',
        'content-length': String(bytes.length),
      });
      const status = statusOf(await exchange(Buffer.concat([Buffer.from(asked), bytes])));
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
    expect(await sender.countReceipts()).toBe(before);
  });

  it('a mark before the JSON is read over, and the queue behind is not held up', async () => {
    const body = Buffer.from(`\ufeff${deposit('')}`);
    const answer = await exchange(
      Buffer.concat([
        Buffer.from(
          head('POST /webhooks/gaming/deposit HTTP/1.1', {
            authorization: `Bearer ${sender.source.key}`,
            'content-type': 'application/json',
            'content-length': String(body.length),
          }),
        ),
        body,
      ]),
    );
    expect(statusOf(answer)).toBe(200);
    expect((await sender.post('/webhooks/gaming/registration', sender.registration())).status).toBe(200);
  });
});

describe('a flood of invented click ids', () => {
  it('is answered with pictures, and leaves no row where nobody can say whose they are', async () => {
    // With one workspace alone they would be its own: a click may come later than what it led to.
    await createWorkspace(ingest.testDb.db, { name: 'second', nowMs: Date.now() });
    const before = await sender.countReceipts();
    const ids = Array.from(
      { length: 300 },
      (_, n) =>
        `clk_${n
          .toString(32)
          .replace(/[ilou]/g, 'z')
          .padStart(26, '0')}`,
    );
    const answers = await Promise.all(
      ids.map((id) => exchange(head(`GET /px/lead.gif?click_id=${id} HTTP/1.1`))),
    );
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200]));
    expect(await sender.countReceipts()).toBe(before);
  });
});
