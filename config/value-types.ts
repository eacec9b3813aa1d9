import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isGuessable } from './guessable';

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

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .trim()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max);
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

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i;

/** Off this machine, its password may not be one that everybody tries first. */
export function postgresUrl() {
  return urlWith(['postgres:', 'postgresql:']).refine((value) => {
    if (!URL.canParse(value)) return false;
    const { hostname, password } = new URL(value);
    return password === '' || LOOPBACK.test(hostname) || !isGuessable(decoded(password));
  });
}

export function redisUrl() {
  return urlWith(['redis:', 'rediss:']);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A secret that somebody has made: long, and none that stands in an example. */
export function ownSecret(minLength: number) {
  return text()
    .min(minLength)
    .refine((value) => !isGuessable(value));
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
