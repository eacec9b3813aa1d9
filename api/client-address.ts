import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

export type TrustedProxies = {
  /** Whether the peer of the socket may speak for somebody else. */
  trusts(address: string): boolean;
};

/** More proxies of one's own than anybody has in a row. */
const MAX_HOPS = 16;
/** The longest spelling of IPv6, with brackets, a zone and a port, has fewer characters. */
const MAX_ADDRESS_LENGTH = 100;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Reads addresses and CIDR ranges that the configuration has already checked. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  return { trusts: addressRanges(list) };
}

/** Whether an address lies in one of these addresses and CIDR ranges, which are checked already. */
export function addressRanges(list: readonly string[]): (address: string) => boolean {
  const ranges = list.map(toRange);
  const v4 = ranges.filter((range) => range.family === 'ipv4');
  const v6 = ranges.filter((range) => range.family === 'ipv6');
  return (address) => {
    if (isIPv4(address)) return v4.some((range) => isInRange(ipv4Number(address), range));
    const parsed = parse(address);
    if (parsed instanceof ipaddr.IPv4) {
      return v4.some((range) => isInRange(ipv4Number(parsed.toString()), range));
    }
    return parsed !== null && v6.some(({ base, bits }) => parsed.match(base, bits));
  };
}

/**
 * The address of the client: the socket's, or, when the socket is a trusted proxy, the right-most hop of
 * X-Forwarded-For that is none. What stands to the left of it was written by the client and proves nothing.
 * Null when no address can be read. Reads from the right, and only so far: the client decides how long the header is.
 */
export function clientAddress(req: IncomingMessage, proxies: TrustedProxies): string | null {
  let address = normal(req.socket.remoteAddress ?? '');
  const chain = forwardedFor(req);
  let end = chain.length;
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    if (address === null || end <= 0 || !proxies.trusts(address)) break;
    const start = chain.lastIndexOf(',', end - 1) + 1;
    const hop = normal(chain.slice(start, end).trim());
    // A hop that is no address ends the chain: nothing to the left of it can be believed.
    if (hop === null) break;
    address = hop;
    end = start - 1;
  }
  return address;
}

/** Whether the browser spoke HTTPS, as far as a trusted proxy says so. */
export function forwardedOverHttps(req: IncomingMessage, proxies: TrustedProxies): boolean {
  if (!proxies.trusts(normal(req.socket.remoteAddress ?? '') ?? '')) return false;
  const header = req.headers['x-forwarded-proto'];
  const [first = ''] = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  return first.trim().toLowerCase() === 'https';
}

function forwardedFor(req: IncomingMessage): string {
  const header = req.headers['x-forwarded-for'];
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

/** One spelling per address: IPv4 in IPv6 is unwrapped, a port, brackets and a zone are taken off. */
function normal(text: string): string | null {
  if (isIPv4(text)) return text;
  if (text.length > MAX_ADDRESS_LENGTH) return null;
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return parse(bare)?.toString() ?? null;
}

function parse(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  // ipaddr.js also reads "1" or "0x7f.1"; nobody sends those in good faith.
  if (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return null;
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
}

type Range =
  | { readonly family: 'ipv4'; readonly first: number; readonly addresses: number }
  | { readonly family: 'ipv6'; readonly base: ipaddr.IPv6; readonly bits: number };

function toRange(entry: string): Range {
  const [text = '', length] = entry.split('/');
  const base = ipaddr.parse(text);
  if (base instanceof ipaddr.IPv4) {
    const addresses = 2 ** (32 - (length === undefined ? 32 : Number(length)));
    const number = ipv4Number(base.toString());
    return { family: 'ipv4', first: number - (number % addresses), addresses };
  }
  const bits = length === undefined ? 128 : Number(length);
  // Written in mapped form, a range means IPv4 peers, whose addresses are unwrapped before they are compared.
  if (base.isIPv4MappedAddress() && bits >= 96)
    return toRange(`${base.toIPv4Address().toString()}/${bits - 96}`);
  return { family: 'ipv6', base, bits };
}

function isInRange(address: number, { first, addresses }: Extract<Range, { family: 'ipv4' }>): boolean {
  return address >= first && address < first + addresses;
}

/** Of four plain decimals. Every click asks this of two addresses, and reading them in full was a tenth of its time. */
function ipv4Number(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}
