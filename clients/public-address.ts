import * as ipaddr from 'ipaddr.js';

export type AddressVerdict = { allowed: true } | { allowed: false; range: string };

/** Opened by `allowPrivate`. Link-local stays shut even then: that is where clouds keep instance credentials. */
const PRIVATE_RANGES: readonly string[] = ['loopback', 'private', 'uniqueLocal'];

/** Public by its range, yet answered by the host of every Azure machine. */
const CLOUD_HOST_ADDRESSES: readonly string[] = ['168.63.129.16'];

/**
 * Whether a postback may connect to this IP address: globally routable unicast only, or, with `allowPrivate`, also
 * loopback and the private ranges. IPv4 inside IPv6 is judged as IPv4; anything that is no IP address is refused.
 */
export function judgeAddress(address: string, allowPrivate: boolean): AddressVerdict {
  if (!ipaddr.isValid(address)) return { allowed: false, range: 'unreadable' };
  const parsed = ipaddr.process(address);
  const range = rangeOf(parsed);
  const allowed = range === 'unicast' || (allowPrivate && PRIVATE_RANGES.includes(range));
  return allowed ? { allowed: true } : { allowed: false, range };
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (CLOUD_HOST_ADDRESSES.includes(address.toString())) return 'cloudHost';
  const range = address.range();
  // ipaddr.js calls everything unlisted "unicast"; only 2000::/3 is assigned, and ::/96 would reach IPv4 hosts.
  const unassigned = address instanceof ipaddr.IPv6 && ((address.parts[0] ?? 0) & 0xe000) !== 0x2000;
  return range === 'unicast' && unassigned ? 'unassigned' : range;
}
