import type { NetworkFailure } from '../domain/postback/outcome';
import { BlockedAddressError } from './guarded-connector';

const MAX_DETAIL_LENGTH = 200;

const REASON_BY_CODE: Readonly<Record<string, NetworkFailure>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  EPROTO: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  HPE_HEADER_OVERFLOW: 'too_large',
};

/** Families of codes: resolver errors, and the many names that OpenSSL and Node give to a bad certificate. */
const REASON_BY_PATTERN: ReadonlyArray<readonly [RegExp, NetworkFailure]> = [
  [/^EAI_/, 'dns'],
  [/^(ERR_TLS|ERR_SSL|CERT_)|CERT|SIGNATURE|^INVALID_CA$|^INVALID_PURPOSE$/, 'tls'],
];

export type DescribedFailure = { reason: NetworkFailure; detail: string };

/** Puts an error of undici, Node or our own guard into the words of the domain. Unknown ones are `protocol`. */
export function describeNetworkError(error: unknown): DescribedFailure {
  if (error instanceof BlockedAddressError) return { reason: 'blocked_address', detail: error.message };
  const code = codeOf(error);
  const byPattern = REASON_BY_PATTERN.find(([pattern]) => pattern.test(code))?.[1];
  const reason = REASON_BY_CODE[code] ?? byPattern ?? 'protocol';
  const message = error instanceof Error ? error.message : String(error);
  return { reason, detail: `${code} ${message}`.trim().slice(0, MAX_DETAIL_LENGTH) };
}

/** A connection that tried several addresses fails with an AggregateError; its first member says why. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error ? codeOf(error.cause) : '';
}
