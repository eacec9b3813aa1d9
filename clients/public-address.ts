import * as ipaddr from 'ipaddr.js';

export type AddressVerdict = { allowed: true } | { allowed: false; range: string };

/** Opened by `allowPrivate`. Link-local stays shut even then: that is where clouds keep instance credentials. */
const PRIVATE_RANGES: readonly string[] = ['loopback', 'private', 'uniqueLocal'];

/**
 * Where machines of a cloud ask for their credentials and configuration. Those of IPv4 are shut by their ranges, except
 * for Azure's, and stand here because an address of IPv6 may hold one; those of IPv6 lie in what `allowPrivate` opens.
 */
const CLOUD_HOSTS = [
  '169.254.0.0/16', // almost everybody's
  '168.63.129.16/32', // Azure
  '100.100.0.0/16', // Alibaba
  '192.0.0.192/32', // Oracle's older machines
  'fd00:ec2::/32', // AWS: metadata, DNS, time, the identities of pods
  'fd20:ce::/64', // Google
  'fd00:c1::/64', // Oracle
  'fd00:100::/64', // Alibaba
  'fd00:a9fe:a9fe::/64', // Akamai
  'fd00:42::/64', // Scaleway
].map((range) => ipaddr.parseCIDR(range));

/**
 * Whether a postback may connect to this IP address: globally routable unicast only, or, with `allowPrivate`, also
 * loopback and the private ranges, but never what is a cloud's. IPv4 inside IPv6 is judged as IPv4; anything that is no
 * IP address is refused.
 */
export function judgeAddress(address: string, allowPrivate: boolean): AddressVerdict {
  if (!ipaddr.isValid(address)) return { allowed: false, range: 'unreadable' };
  const parsed = ipaddr.process(address);
  const range = rangeOf(parsed);
  const allowed = range === 'unicast' || (allowPrivate && PRIVATE_RANGES.includes(range));
  return allowed ? { allowed: true } : { allowed: false, range };
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (isCloudHost(address)) return 'cloudHost';
  const range = address.range();
  // A network that translates IPv6 to IPv4 chooses the prefix itself, and the rest says where it leads.
  if (range === 'uniqueLocal' && address instanceof ipaddr.IPv6 && translated(address).some(isCloudHost)) {
    return 'cloudHost';
  }
  // ipaddr.js calls everything unlisted "unicast"; only 2000::/3 is assigned, and ::/96 would reach IPv4 hosts.
  const unassigned = address instanceof ipaddr.IPv6 && ((address.parts[0] ?? 0) & 0xe000) !== 0x2000;
  return range === 'unicast' && unassigned ? 'unassigned' : range;
}

function isCloudHost(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return CLOUD_HOSTS.some(
    ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
  );
}

/** Where an IPv4 address begins in one of IPv6, by the length of the prefix before it (RFC 6052); byte 8 is left out. */
const TRANSLATED_AT = [
  [4, 5, 6, 7],
  [5, 6, 7, 9],
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
] as const;

function translated(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  return TRANSLATED_AT.map((positions) => new ipaddr.IPv4(positions.map((at) => bytes[at] ?? 0)));
}
