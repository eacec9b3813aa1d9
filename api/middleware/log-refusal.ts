import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { ApiDeps } from '../deps';
import { localsOf } from './locals';
import { routePattern } from './measure-duration';
import { requestIdOf } from './request-id';

/** Fields of an event that say what it was and nothing about a person; every other value is masked. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set(
  [
    'eventId',
    'transactionId',
    'depositEventId',
    'type',
    'conversionType',
    'clickId',
    'amount',
    'currency',
    'status',
    'occurredAt',
    'country',
    'event',
    'goal',
    'payout',
    'txid',
    'clickid',
    'subid',
  ].flatMap((name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]),
);

const MAX_SHOWN_TEXT = 128;
const MAX_FIELDS = 50;
const MAX_EXCERPT_BYTES = 256;

/**
 * Logs every refused event request (4xx, 5xx) with its outcome and a redacted body, so that an operator can tell
 * a sender what was wrong with a request that left no row. Put it first on an event route.
 */
export function logRefusal(deps: ApiDeps): RequestHandler {
  return (req, res, next) => {
    res.once('finish', () => {
      if (res.statusCode < 400) return;
      deps.logger.warn(
        {
          requestId: requestIdOf(res),
          route: routePattern(req.route),
          status: res.statusCode,
          code: localsOf(res).errorCode,
          actor: localsOf(res).principal?.actor,
          body: describeBody(req.body, req.rawBody),
        },
        'event request refused',
      );
    });
    next();
  };
}

/** A body as it may be logged. What could not be read keeps only its punctuation, its size and its hash. */
export function describeBody(body: unknown, rawBody: Buffer | undefined): object {
  const bytes = rawBody ?? Buffer.alloc(0);
  const identity = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body) && !Array.isArray(body)) {
    return { ...identity, fields: redactedFields(body) };
  }
  return { ...identity, shape: shapeOf(bytes) };
}

function redactedFields(body: object): Record<string, unknown> {
  const entries = Object.entries(body).slice(0, MAX_FIELDS) as [string, unknown][];
  return Object.fromEntries(
    entries.map(([name, value]) => [name.slice(0, MAX_SHOWN_TEXT), shown(name, value)]),
  );
}

function shown(name: string, value: unknown): unknown {
  if (!SHOWN_FIELDS.has(name)) return `[${value === null ? 'null' : typeof value}]`;
  if (typeof value === 'string') return value.slice(0, MAX_SHOWN_TEXT);
  return typeof value === 'number' || typeof value === 'boolean' || value === null
    ? value
    : `[${typeof value}]`;
}

/** Letters become `a` and digits `0`: enough to see a missing brace, nothing to recognise a person by. */
function shapeOf(bytes: Buffer): string {
  return bytes
    .subarray(0, MAX_EXCERPT_BYTES)
    .toString('latin1')
    .replace(/\d/g, '0')
    .replace(/[^\x20-\x40[-`{-~]/g, 'a')
    .replace(/a+/g, 'a');
}
