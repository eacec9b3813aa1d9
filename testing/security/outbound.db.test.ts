import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import request from 'supertest';
import { createDeliveryActivities } from '../../activities/delivery';
import { createGuardedFetch, type GuardedFetch } from '../../clients/guarded-fetch';
import { type PostbackId, parseId, uuidFromId } from '../../domain/ids';
import { type IngestFixture, startIngest } from '../ingest-fixture';
import { type Sink, startSink } from '../sink';

/** Globally routable by its range, assigned to nobody. */
const NOBODY = { address: '2e00::1', family: 6 };
const LOOPBACK = { address: '127.0.0.1', family: 4 };

let ingest: IngestFixture;
let canary: Server;
let canaryPort: number;
let connections = 0;
let sink: Sink;
const open: GuardedFetch[] = [];

beforeAll(async () => {
  ingest = await startIngest();
  canary = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
  });
  canary.listen(0, '::');
  await once(canary, 'listening');
  canaryPort = (canary.address() as AddressInfo).port;
  sink = await startSink();
});
beforeEach(() => {
  connections = 0;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  canary.close();
  await once(canary, 'close');
  await sink.close();
  await ingest.stop();
});

const call = (method: 'post' | 'patch', path: string, body?: object) =>
  request(ingest.app)[method](path).set('authorization', `Bearer ${ingest.adminKey}`).send(body);

function client(options: Parameters<typeof createGuardedFetch>[0] = {}): GuardedFetch {
  const created = createGuardedFetch({ deadlineMs: 1_000, resolve: async () => [LOOPBACK], ...options });
  open.push(created);
  return created;
}

/** Asks for a test of the destination and tries its delivery once, as the worker does. */
async function deliverTest(destinationId: string, http: GuardedFetch): Promise<Record<string, unknown>> {
  const asked = await call('post', `/v1/destinations/${destinationId}/test`).expect(202);
  const postbackId = parseId('pbk', asked.body.postbackId) as PostbackId;
  const { deliverPostback } = createDeliveryActivities({
    db: ingest.testDb.db,
    clock: ingest.clock,
    http,
    random01: () => 0.5,
  });
  await new MockActivityEnvironment().run(deliverPostback, { postbackId }).catch(() => 'tried again');
  return ingest.testDb.db('postbacks').where('postback_id', uuidFromId(postbackId)).first();
}

const destination = (url: string) => ({ name: 'd', kind: 'webhook', url, events: ['deposit'] });

describe('a destination in the private network', () => {
  const hosts = [
    ...[
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '017700000001',
      '0',
      '0.0.0.0',
      'localhost',
      'LOCALHOST.',
    ],
    ...[
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '127.0.0.1.',
    ],
    ...[
      '169.254.169.254',
      '[fd00:ec2::254]',
      '10.0.0.1',
      '100.64.0.1',
      '192.168.0.1',
      '224.0.0.1',
      'inside.example',
    ],
  ];

  it.each(hosts)('%s: may be written down, and is never reached', async (host) => {
    const url = `http://${host}:${canaryPort}/latest/meta-data/`;
    const made = await call('post', '/v1/destinations', destination(url)).expect(201);
    const changed = await call('post', '/v1/destinations', destination('https://hook.example/')).expect(201);
    await call('patch', `/v1/destinations/${changed.body.destinationId}`, { url }).expect(200);
    for (const { destinationId } of [made.body, changed.body]) {
      const postback = await deliverTest(destinationId, client());
      expect(postback).toMatchObject({ status: 'dead', dead_reason: 'blocked_address' });
    }
    expect(connections).toBe(0);
  });

  it.each([
    ...[
      'http://user@127.0.0.1/',
      'http://127.0.0.1\\@hook.example/',
      'http://hook.example%00.evil/',
      'http://①②⑦.0.0.1/',
    ],
    ...[
      'file:///etc/passwd',
      'gopher://127.0.0.1/_x',
      'ftp://127.0.0.1/',
      'dict://127.0.0.1:11211/',
      '//127.0.0.1/',
      '',
    ],
    ...[
      'http://{sub1}/',
      'http://127.0.0.{sub1}/',
      'http://hook.example:{sub1}/',
      'http://[::1',
      'http://127.0.0.1 /',
    ],
  ])('%j may not even be written down', async (url) => {
    const partnerUrl = { ...destination(url), kind: 'partner_url' };
    const kept = await call('post', '/v1/destinations', destination('https://hook.example/'));
    const answers = [
      await call('post', '/v1/destinations', destination(url)),
      await call('post', '/v1/destinations', partnerUrl),
      await call('patch', `/v1/destinations/${kept.body.destinationId}`, { url }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    for (const { body } of answers) expect(body.errors[0].path).toBe('url');
  });
});

describe('a destination that changes its mind', () => {
  it('answers DNS with a public address first, and with loopback when it is connected to', async () => {
    const made = await call('post', '/v1/destinations', destination(`http://rebind.example:${canaryPort}/`));
    const answers = [[NOBODY], [LOOPBACK], [LOOPBACK]];
    let asked = 0;
    const http = client({
      deadlineMs: 300,
      resolve: async () => {
        asked += 1;
        return answers.shift() ?? [LOOPBACK];
      },
    });
    expect(await deliverTest(made.body.destinationId, http)).toMatchObject({ status: 'pending' });
    expect(asked).toBe(1);
    expect(await deliverTest(made.body.destinationId, http)).toMatchObject({
      dead_reason: 'blocked_address',
    });
    expect(connections).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])(
    'redirects with %i to loopback: reported, not followed',
    async (status) => {
      const made = await call('post', '/v1/destinations', destination(`${sink.origin}/hook`)).expect(201);
      sink.answer = () => ({ status, headers: { location: `http://127.0.0.1:${canaryPort}/` } });
      const http = client({ allowedSink: sink.address });
      expect(await deliverTest(made.body.destinationId, http)).toMatchObject({ dead_reason: 'redirect' });
      expect(connections).toBe(0);
    },
  );
});

describe('a port that speaks something else', () => {
  const ports = [21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 993, 2049, 6000, 6667];

  it.each(ports)('%i is refused at set-up and by the client', async (port) => {
    const url = `http://hook.example:${port}/`;
    expect((await call('post', '/v1/destinations', destination(url))).status).toBe(400);
    const sent = await client().send({ url, method: 'POST', headers: {}, body: 'HELO' });
    expect(sent).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
  });

  it.each([80, 443, 3000, 8080, 8443, 9000])('%i is not', async (port) => {
    const made = await call('post', '/v1/destinations', destination(`http://hook.example:${port}/`));
    expect(made.status).toBe(201);
  });
});
