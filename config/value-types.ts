import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** Schemas from the text of an environment variable to its value. Surrounding blanks are not part of a value. */

export function text() {
  return z.string().trim().min(1);
}

export function flag() {
  return z.enum(['true', 'false']).transform((value) => value === 'true');
}

/** 0 asks the operating system for a free port. */
export function tcpPort() {
  return z
    .string()
    .trim()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((port) => port <= 65_535);
}

function urlWith(protocols: readonly string[]) {
  return text().refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
  });
}

/** An http(s) URL without a trailing slash, so that a path can be appended. */
export function httpUrl() {
  return urlWith(['http:', 'https:']).transform((value) => value.replace(/\/+$/, ''));
}

export function postgresUrl() {
  return urlWith(['postgres:', 'postgresql:']);
}

/** `host:port` or `[v6]:port`, kept as text. */
export function hostPort() {
  return text().refine((value) => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@]+):(\d{1,5})$/.exec(value);
    return match !== null && Number(match[2]) >= 1 && Number(match[2]) <= 65_535;
  });
}

/** An address or a range; a bare address is a range of one. */
export function cidr() {
  return text().refine((value) => ipaddr.isValid(value) || ipaddr.isValidCIDR(value));
}

export function commaList<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));
}
