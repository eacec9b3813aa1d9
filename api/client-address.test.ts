import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { addressRanges, clientAddress, forwardedOverHttps, trustedProxies } from './client-address';

function request(peer: string, headers: Record<string, string>): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  return Object.assign(new IncomingMessage(socket), { headers });
}

const PROXIES = ['10.0.0.0/8', '192.168.1.1', '2001:db8::/32', '::ffff:172.16.0.0/108'];

describe('clientAddress', () => {
  it.each([
    ['198.51.100.9', '203.0.113.1', '198.51.100.9'],
    ['10.1.2.3', '203.0.113.1', '203.0.113.1'],
    ['10.1.2.3', 'spoofed, 203.0.113.1', '203.0.113.1'],
    ['10.1.2.3', '198.51.100.1, 203.0.113.1, 10.9.9.9', '203.0.113.1'],
    ['10.1.2.3', '203.0.113.1, garbage', '10.1.2.3'],
    ['10.1.2.3', '10.0.0.1', '10.0.0.1'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['::ffff:10.1.2.3', '203.0.113.1:4711', '203.0.113.1'],
    ['192.168.1.1', '[2001:db9::1]:80', '2001:db9::1'],
    ['192.168.1.2', '203.0.113.1', '192.168.1.2'],
    ['2001:db8::1', '203.0.113.1', '203.0.113.1'],
    ['fe80::1%eth0', '203.0.113.1', 'fe80::1'],
    ['172.16.5.5', '203.0.113.1', '203.0.113.1'],
    ['10.1.2.3', '0x7f.1', '10.1.2.3'],
  ])('peer %s with "%s" is %s', (peer, forwarded, expected) => {
    const req = request(peer, forwarded === '' ? {} : { 'x-forwarded-for': forwarded });
    expect(clientAddress(req, trustedProxies(PROXIES))).toBe(expected);
  });

  it('asks about a few hops only, however many a client has written', () => {
    const { trusts } = trustedProxies(PROXIES);
    let asked = 0;
    const counting = {
      trusts: (address: string) => {
        asked += 1;
        return trusts(address);
      },
    };
    const chain = Array.from({ length: 1_500 }, (_, hop) => `10.0.${hop % 250}.1`).join(', ');
    expect(clientAddress(request('10.1.2.3', { 'x-forwarded-for': chain }), counting)).toMatch(/^10\.0\./);
    expect(asked).toBeLessThanOrEqual(20);
    const long = request('10.1.2.3', { 'x-forwarded-for': `203.0.113.1, ${'1:'.repeat(7_000)}` });
    expect(clientAddress(long, counting)).toBe('10.1.2.3');
  });

  it('believes nobody when no proxy is configured', () => {
    const req = request('127.0.0.1', { 'x-forwarded-for': '203.0.113.1' });
    expect(clientAddress(req, trustedProxies([]))).toBe('127.0.0.1');
  });
});

describe('forwardedOverHttps', () => {
  it('believes a trusted proxy only', () => {
    const headers = { 'x-forwarded-proto': 'https' };
    expect(forwardedOverHttps(request('10.1.2.3', headers), trustedProxies(PROXIES))).toBe(true);
    expect(forwardedOverHttps(request('198.51.100.9', headers), trustedProxies(PROXIES))).toBe(false);
    expect(
      forwardedOverHttps(request('10.1.2.3', { 'x-forwarded-proto': 'http' }), trustedProxies(PROXIES)),
    ).toBe(false);
  });
});

describe('addressRanges', () => {
  it('holds what a general parser says that a range of IPv4 holds', () => {
    const bits = fc.integer({ min: 0, max: 32 });
    // Most addresses beside a random range are far from it, so half of them are taken from its surroundings.
    const near = fc.integer({ min: -2, max: 2 });
    fc.assert(
      fc.property(fc.ipV4(), bits, fc.ipV4(), near, (base, length, far, offset) => {
        const edge = shifted(base, offset * 2 ** (32 - length));
        const holds = addressRanges([`${base}/${length}`]);
        for (const address of [base, edge, far]) {
          const expected = ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(base), length);
          expect([address, holds(address)]).toEqual([address, expected]);
          expect(holds(`::ffff:${address}`)).toBe(expected);
        }
      }),
    );
  });

  it('holds no IPv6 address for one of IPv4, and nothing when it is empty', () => {
    expect(addressRanges(['0.0.0.0/0'])('2001:db8::1')).toBe(false);
    expect(addressRanges(['::/0'])('2001:db8::1')).toBe(true);
    expect(addressRanges([])('10.0.0.1')).toBe(false);
  });

  function shifted(address: string, by: number): string {
    const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const moved = (((number + by) % 2 ** 32) + 2 ** 32) % 2 ** 32;
    return [24, 16, 8, 0].map((shift) => Math.floor(moved / 2 ** shift) % 256).join('.');
  }
});
