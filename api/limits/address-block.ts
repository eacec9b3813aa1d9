const IPV6_GROUPS = 8;
const IPV6_GROUPS_OF_A_HOUSEHOLD = 4;

/**
 * Whose requests are counted together: an IPv4 address, or the /64 of an IPv6 address, which is what one household or
 * phone has for itself. Null for nobody in particular: an unknown address, or loopback, which is a proxy or a program
 * of this machine and stands for everybody behind it. Takes addresses as `clientAddress` writes them, and reads them by
 * hand: every click passes here.
 */
export function addressBlock(address: string | null): string | null {
  if (address === null) return null;
  if (!address.includes(':')) return address.startsWith('127.') ? null : address;
  if (address === '::1') return null;
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: IPV6_GROUPS - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, IPV6_GROUPS_OF_A_HOUSEHOLD).join(':')}::/64`;
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':');
}
