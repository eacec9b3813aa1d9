import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { ResolvedAddress } from './guarded-connector';
import { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch';
import { judgeAddress } from './public-address';

/** Globally routable by its range, assigned to nobody: a "public" answer that no packet can reach. */
const NOBODY = { address: '2e00::1', family: 6 };
const LOOPBACK = { address: '127.0.0.1', family: 4 };

let canary: Server;
let port: number;
let connections = 0;
const open: GuardedFetch[] = [];

/** Where each cloud's machines ask for their credentials, with ways to write the same. */
const METADATA: readonly (readonly [cloud: string, address: string, ...spellings: string[]])[] = [
  [
    'AWS, Google, Azure, Oracle, IBM, DigitalOcean, Hetzner, OpenStack',
    '169.254.169.254',
    ...['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '169.254.169.254.'],
    // Inside IPv6: mapped, compatible, translated, NAT64 of everybody and of one network, 6to4, Teredo, ISATAP.
    ...[
      '[::ffff:169.254.169.254]',
      '[::ffff:a9fe:a9fe]',
      '[::169.254.169.254]',
      '[::ffff:0:169.254.169.254]',
    ],
    ...[
      '[64:ff9b::a9fe:a9fe]',
      '[64:ff9b:1::a9fe:a9fe]',
      '[fd64::a9fe:a9fe]',
      '[fc00:1:2:3::169.254.169.254]',
    ],
    ...[
      '[fd64:1:a9fe:a9fe::]',
      '[fd64:1:2a9:fea9:fe::]',
      '[fd64:1:2:a9fe:a9:fe00::]',
      '[fd64:1:2:3:a9:fea9:fe00:0]',
    ],
    ...['[2002:a9fe:a9fe::]', '[2001:0:a9fe:a9fe::]', '[fd12::5efe:169.254.169.254]'],
  ],
  ['ECS', '169.254.170.2'],
  ['EKS', '169.254.170.23', '[fd00:ec2::23]'],
  ['Tencent', '169.254.0.23'],
  ['Scaleway', '169.254.42.42'],
  ['Azure, its hosts', '168.63.129.16', '2822734096', '[::ffff:168.63.129.16]', '[fd64::168.63.129.16]'],
  ['Alibaba', '100.100.100.200', '1684300232', '[fd64::100.100.100.200]'],
  ['Oracle, older', '192.0.0.192', '[fd64::192.0.0.192]'],
  ['AWS over IPv6', 'fd00:ec2::254', '[fd00:0ec2:0:0:0:0:0:254]', '[FD00:EC2::254]', '[fd00:ec2::253]'],
  ['Google over IPv6', 'fd20:ce::254', '[fd20:00ce::0:254]'],
  ['Oracle over IPv6', 'fd00:c1::a9fe:a9fe', '[fd00:c1::169.254.169.254]'],
  ['Alibaba over IPv6', 'fd00:100::100:200'],
  ['Akamai over IPv6', 'fd00:a9fe:a9fe::1'],
  ['Scaleway over IPv6', 'fd00:42::42'],
  ['OpenStack over IPv6', 'fe80::a9fe:a9fe'],
];

function client(options: GuardedFetchOptions = {}): GuardedFetch {
  const created = createGuardedFetch({ deadlineMs: 2_000, ...options });
  open.push(created);
  return created;
}

function get(sender: GuardedFetch, host: string, scheme = 'http') {
  return sender.send({ url: `${scheme}://${host}:${port}/`, method: 'GET', headers: {}, body: null });
}

beforeAll(async () => {
  canary = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).resume();
    socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
  });
  // On every address of the machine, so that no spelling of it can slip past.
  canary.listen(0, '0.0.0.0');
  await once(canary, 'listening');
  port = (canary.address() as AddressInfo).port;
});

beforeEach(() => {
  connections = 0;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((sender) => sender.close()));
});

afterAll(async () => {
  canary.close();
  await once(canary, 'close');
});

describe('an address of the private network', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, another', '127.255.255.254'],
    ['loopback, short', '127.1'],
    ['loopback, shorter', '127.0.1'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['octal, padded', '0000177.0.0.1'],
    ['octal, whole', '017700000001'],
    ['hexadecimal', '0x7f000001'],
    ['hexadecimal, upper case', '0X7F000001'],
    ['hexadecimal, dotted', '0x7f.0x0.0x0.0x1'],
    ['hexadecimal, short', '0x7f.1'],
    ['mixed notations', '0x7f.0.0.01'],
    ['trailing dot', '127.0.0.1.'],
    ['full-width digits', '１２７.０.０.１'],
    ['circled digits', '①②⑦.⓪.⓪.①'],
    ['ideographic full stop', '127。0。0。1'],
    ['percent-encoded dots', '127%2e0%2e0%2e1'],
    ['zero', '0'],
    ['zero, dotted', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private 10/8', '10.0.0.1'],
    ['private 172.16/12', '172.16.0.1'],
    ['private 172.16/12, its end', '172.31.255.254'],
    ['private 192.168/16', '192.168.0.1'],
    ['private, decimal', '3232235521'],
    ['metadata', '169.254.169.254'],
    ['metadata, decimal', '2852039166'],
    ['metadata, hexadecimal', '0xa9fea9fe'],
    ['metadata, octal', '0251.0376.0251.0376'],
    ['metadata of containers', '169.254.170.2'],
    ['metadata in CGNAT', '100.100.100.200'],
    ['cloud host', '168.63.129.16'],
    ['CGNAT', '100.64.0.1'],
    ['CGNAT, its end', '100.127.255.254'],
    ['IETF protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['6to4 relay', '192.88.99.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv6 loopback', '[::1]'],
    ['IPv6 loopback, long', '[0:0:0:0:0:0:0:1]'],
    ['IPv6 unspecified', '[::]'],
    ['IPv4-mapped', '[::ffff:127.0.0.1]'],
    ['IPv4-mapped, hexadecimal', '[::ffff:7f00:1]'],
    ['IPv4-mapped metadata', '[::ffff:a9fe:a9fe]'],
    ['IPv4-compatible', '[::127.0.0.1]'],
    ['IPv4-compatible, hexadecimal', '[::7f00:1]'],
    ['IPv4-translated', '[::ffff:0:127.0.0.1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['NAT64, local', '[64:ff9b:1::7f00:1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['Teredo', '[2001:0:7f00:1::]'],
    ['unique local', '[fc00::1]'],
    ['unique local metadata', '[fd00:ec2::254]'],
    ['link-local', '[fe80::1]'],
    ['site-local', '[fec0::1]'],
    ['IPv6 multicast', '[ff02::1]'],
    ['IPv6 documentation', '[2001:db8::1]'],
    ['IPv6 discard', '[100::1]'],
    ['unassigned', '[4000::1]'],
    ['NAT64 metadata', '[64:ff9b::a9fe:a9fe]'],
    ['6to4 metadata', '[2002:a9fe:a9fe::]'],
    ['IPv4-mapped, private', '[::ffff:10.0.0.1]'],
    ['IPv4-mapped, unspecified', '[::ffff:0:0]'],
    ['IPv6 documentation, new', '[3fff::1]'],
    ['segment routing', '[5f00::1]'],
    ['IPv6 benchmarking', '[2001:2::1]'],
    ['interface-local multicast', '[ff01::1]'],
    ['documentation, second', '198.51.100.1'],
    ['documentation, third', '203.0.113.1'],
    ['benchmarking, its end', '198.19.255.255'],
    ['link-local, its end', '169.254.255.254'],
    ['multicast, its end', '239.255.255.255'],
    ['localhost', 'localhost'],
    ['localhost, upper case', 'LOCALHOST'],
    ['localhost, trailing dot', 'localhost.'],
  ])('%s (%s) is blocked without a connection', async (_name, host) => {
    const sender = client({ resolve: async () => [LOOPBACK] });
    for (const scheme of ['http', 'https']) {
      expect(await get(sender, host, scheme)).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
    }
    expect(connections).toBe(0);
  });

  it('is blocked behind a name that the system resolves', async () => {
    expect(await get(client(), 'localhost')).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
    expect(connections).toBe(0);
  });

  it.each([
    ['a name that points inside', [LOOPBACK]],
    ['a name with one address inside', [NOBODY, LOOPBACK]],
    ['a name that points to an unreadable address', [{ address: 'nonsense', family: 4 }]],
  ])('is blocked behind %s', async (_name, addresses) => {
    const sender = client({ resolve: async () => addresses });
    expect(await get(sender, 'partner.example')).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
    expect(connections).toBe(0);
  });

  it('is not shown to the tenant when a name leads there', async () => {
    const sender = client({ resolve: async () => [{ address: '10.1.2.3', family: 4 }] });
    const result = await get(sender, 'inside.example');
    expect(result).toMatchObject({ detail: 'inside.example is not a public address (private)' });
  });
});

describe('DNS rebinding', () => {
  it('asks once per connection and connects to what it checked', async () => {
    const asked: string[] = [];
    const answers: ResolvedAddress[][] = [[NOBODY], [LOOPBACK]];
    const sender = client({
      deadlineMs: 300,
      resolve: async (hostname) => {
        asked.push(hostname);
        return answers.shift() ?? [LOOPBACK];
      },
    });
    const first = await get(sender, 'rebind.example');
    expect(first).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^(refused|timeout)$/) });
    expect(asked).toEqual(['rebind.example']);
    expect(await get(sender, 'rebind.example')).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
    expect(asked).toHaveLength(2);
    expect(connections).toBe(0);
  });
});

describe('what is opened', () => {
  it('allowPrivate reaches loopback, by address and by name', async () => {
    const sender = client({ allowPrivate: true, resolve: async () => [LOOPBACK] });
    expect(await get(sender, '127.0.0.1')).toMatchObject({ kind: 'response', status: 204 });
    expect(await get(sender, 'lan.example')).toMatchObject({ kind: 'response', status: 204 });
    expect(connections).toBe(2);
  });

  it.each(['0.0.0.0', '[::]', '224.0.0.1', '[ff02::1]', '100.64.0.1', '192.0.2.1'])(
    'allowPrivate still blocks %s',
    async (host) => {
      expect(await get(client({ allowPrivate: true }), host)).toMatchObject({ reason: 'blocked_address' });
    },
  );

  describe.each(METADATA)('the metadata of %s is open to nothing', (_cloud, address, ...spellings) => {
    const literal = address.includes(':') ? `[${address}]` : address;

    it.each([literal, ...spellings])('%s', async (host) => {
      const sink = `${host}:${port}`;
      for (const sender of [
        client({ allowPrivate: true }),
        client({ allowPrivate: true, allowedSink: sink }),
      ]) {
        expect(await get(sender, host)).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
      }
    });

    it('nor behind a name', async () => {
      const resolve = async () => [LOOPBACK, { address, family: address.includes(':') ? 6 : 4 }];
      const host = 'metadata.google.internal';
      for (const allowedSink of [null, `${host}:${port}`]) {
        const sender = client({ allowPrivate: true, allowedSink, resolve });
        expect(await get(sender, host)).toMatchObject({ kind: 'failed', reason: 'blocked_address' });
      }
      expect(connections).toBe(0);
    });
  });

  it.each(['fd12:3456::1', 'fd00::1', 'fc00::a00:1', 'fd64::10.0.0.1', '10.0.0.1', '::1', '::ffff:10.0.0.1'])(
    'allowPrivate opens %s, which is private and no cloud’s',
    (address) => {
      expect(judgeAddress(address, true)).toEqual({ allowed: true });
    },
  );

  it('the sink is open at exactly its host and port', async () => {
    const sender = client({ allowedSink: `127.0.0.1:${port}`, resolve: async () => [LOOPBACK] });
    expect(await get(sender, '127.0.0.1')).toMatchObject({ kind: 'response', status: 204 });
    expect(connections).toBe(1);
    for (const host of ['localhost', '127.0.0.2', '[::1]', '[::ffff:127.0.0.1]']) {
      expect(await get(sender, host)).toMatchObject({ reason: 'blocked_address' });
    }
    const elsewhere = client({ allowedSink: `127.0.0.1:${port + 1}` });
    expect(await get(elsewhere, '127.0.0.1')).toMatchObject({ reason: 'blocked_address' });
    expect(connections).toBe(1);
  });
});

describe('judgeAddress', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
  ])('lets %s pass', (address) => {
    expect(judgeAddress(address, false)).toEqual({ allowed: true });
  });

  it.each(['', 'localhost', '1.2.3.4.5', '999.1.1.1', '::g'])('refuses %j as unreadable', (address) => {
    expect(judgeAddress(address, true)).toEqual({ allowed: false, range: 'unreadable' });
  });
});
