import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const MAX_RANGES = 200;

/** Addresses and CIDR networks, IPv4 and IPv6. */
export function ipRanges() {
  return z
    .array(z.string().refine(isRange, 'must be an address or a network such as 203.0.113.0/24'))
    .max(MAX_RANGES, `must not have more than ${MAX_RANGES} entries`);
}

/** Four decimal parts for IPv4: nobody means 10.1 or 0x0a000001 in good faith. */
function isRange(text: string): boolean {
  const [base = ''] = text.split('/');
  const isAddress = base.includes(':') ? ipaddr.IPv6.isValid(base) : ipaddr.IPv4.isValidFourPartDecimal(base);
  return isAddress && !base.includes('%') && (base === text || ipaddr.isValidCIDR(text));
}
