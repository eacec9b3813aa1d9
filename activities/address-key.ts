import { createHmac } from 'node:crypto';
import * as ipaddr from 'ipaddr.js';
import { judgeAddress } from '../clients/public-address';

/** Enough of the hash that two addresses of one workspace do not meet. */
const KEY_BYTES = 16;
/** What an IPv6 subscriber has: within it, a device may take a new address every minute. */
const IPV6_PREFIX_GROUPS = 4;

/**
 * The key under which an address is counted, alone or together with `userAgent`: a hash in hex that cannot be turned
 * back without the salt. Null for an address that is nobody's own, as when a proxy is not trusted and every click
 * seems to come from it: counting those together would suspect everybody.
 */
export function addressKey(salt: Buffer, ip: string | null, userAgent?: string | null): string | null {
  if (ip === null || !judgeAddress(ip, false).allowed) return null;
  const hash = createHmac('sha256', salt).update(subscriberOf(ip));
  if (userAgent !== undefined) hash.update(`\0${userAgent ?? ''}`);
  return hash.digest('hex').slice(0, 2 * KEY_BYTES);
}

function subscriberOf(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.parts
    .slice(0, IPV6_PREFIX_GROUPS)
    .map((part) => part.toString(16))
    .join(':');
}
