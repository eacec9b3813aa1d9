import type { Request } from 'express';
import { AppError } from '../../domain/errors';

/** What a request says in its query and its body, as flat text: the form in which trackers and partners report. */
export type Parameters = Readonly<Record<string, string>>;

const MAX_PARAMETERS = 200;

/**
 * The parameters of the query string, decoded strictly. Of an empty one only the name stays out. Throws 400 for what
 * is no UTF-8 and for one that is given twice with different values, because nobody can tell which one was meant.
 */
export function queryParameters(req: Request): Parameters {
  const at = req.originalUrl.indexOf('?');
  return pairsToParameters(at < 0 ? '' : req.originalUrl.slice(at + 1));
}

/** As `queryParameters`, of a text in the form of a query: a form body has it too. */
export function pairsToParameters(text: string): Parameters {
  const found = new Map<string, string>();
  let count = 0;
  for (const pair of pairsOf(text)) {
    count += 1;
    if (count > MAX_PARAMETERS) throw tooMany('query');
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (value === '') continue;
    if ((found.get(name) ?? value) !== value) throw refusal(name, 'is given twice with different values');
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

/** One by one, so that what is refused for its number is not taken apart first. */
function* pairsOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('&', start);
    const pair = text.slice(start, end < 0 ? undefined : end);
    if (pair !== '') yield pair;
    start = end < 0 ? text.length : end + 1;
  }
}

/** A flat JSON object as parameters; what is nested is left out, the raw body keeps it. */
export function objectParameters(body: unknown): Parameters {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {};
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (typeof value === 'string' ? value !== '' : typeof value === 'number' || typeof value === 'boolean')
      found.set(name, String(value));
  }
  return Object.fromEntries(found);
}

/** Throws 400 for more parameters than a query may have. */
export function refuseMany(parameters: Parameters): void {
  if (Object.keys(parameters).length > MAX_PARAMETERS) throw tooMany('body');
}

function tooMany(place: string): AppError {
  return refusal(place, `has more than ${MAX_PARAMETERS} parameters`);
}

function decode(text: string): string {
  const decoded = decodeStrictly(text.replaceAll('+', ' '));
  // Postgres stores no NUL, and other control characters would break a log line.
  if (decoded === null || /\p{Cc}/u.test(decoded)) {
    throw refusal('query', 'holds something that is no text in UTF-8');
  }
  return decoded;
}

function decodeStrictly(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function refusal(path: string, message: string): AppError {
  const shown = path.replace(/\p{Cc}/gu, '?').slice(0, 100);
  return new AppError('invalid_request', `${shown} ${message}.`, { errors: [{ path: shown, message }] });
}
