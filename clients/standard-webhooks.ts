import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SECOND_MS } from '../domain/time';

/**
 * Standard Webhooks 1.0.0, symmetric part: HMAC-SHA256 over `id.timestamp.body`. Used to sign what we send and to
 * verify what casino platforms send, therefore free of HTTP and of any clock of its own.
 */

const SECRET_PREFIX = 'whsec_';
const SIGNATURE_VERSION = 'v1';
/** The specification asks for 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const DEFAULT_SECRET_BYTES = 32;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Accepted distance between the sender's clock and ours, in both directions. */
const SIGNATURE_TOLERANCE_SECONDS = 300;
/** A rotation needs two; the bound keeps a hostile header from costing more than a few comparisons. */
const MAX_SIGNATURES = 16;

export type SignInput = {
  /** Newest first. Each gives one signature, so a receiver accepts during a rotation whichever it knows. */
  readonly secrets: readonly string[];
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string | Uint8Array;
};

/** Lower-case header names, as Node gives them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type VerifyInput = {
  readonly secrets: readonly string[];
  readonly headers: Headers;
  /** The bytes as received; a re-serialised body does not verify. */
  readonly body: string | Uint8Array;
  readonly nowMs: number;
};

/** What the headers of a message claim: nothing is proven before `isSignatureOf` has seen the body. */
export type ClaimedSignature = {
  readonly id: string;
  readonly timestamp: string;
  readonly given: readonly Buffer[];
};

/** What the headers alone tell. */
export type HeaderProblem = 'missing_header' | 'malformed_header' | 'stale_timestamp';
export type VerifyProblem = HeaderProblem | 'bad_signature';

export type Verification =
  | { ok: true; id: string; timestampMs: number }
  | { ok: false; problem: VerifyProblem };

/** A new secret: `whsec_` and the base64 of 24 to 64 random bytes. */
export function generateSecret(bytes: number = DEFAULT_SECRET_BYTES): string {
  if (!Number.isInteger(bytes) || bytes < MIN_SECRET_BYTES || bytes > MAX_SECRET_BYTES) {
    throw new RangeError(`a webhook secret has ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes`);
  }
  return SECRET_PREFIX + randomBytes(bytes).toString('base64');
}

/** The value of `webhook-signature`. Throws on a malformed secret or an id with a full stop, which are bugs here. */
export function signWebhook(input: SignInput): string {
  if (input.secrets.length === 0) throw new Error('a webhook cannot be signed without a secret');
  if (input.id.includes('.'))
    throw new Error('a webhook id must not hold a full stop, the separator of the signed text');
  const signatures = input.secrets.map((secret) => {
    const mac = macOf(secret, input.id, String(input.timestampSeconds), input.body);
    return `${SIGNATURE_VERSION},${mac.toString('base64')}`;
  });
  return signatures.join(' ');
}

/**
 * Verifies a request against every secret that is valid now. Throws only when one of our own secrets is malformed. Whoever
 * has to find the secret first takes the two halves: `claimedSignature` and `isSignatureOf`.
 */
export function verifyWebhook({ secrets, headers, body, nowMs }: VerifyInput): Verification {
  const claimed = claimedSignature(headers, nowMs);
  if (!claimed.ok) return claimed;
  const { id, timestamp } = claimed.signature;
  return isSignatureOf(claimed.signature, secrets, body)
    ? { ok: true, id, timestampMs: Number(timestamp) * SECOND_MS }
    : { ok: false, problem: 'bad_signature' };
}

/** Reads the three headers and judges their age, without a secret: the answer says nothing about who signed. */
export function claimedSignature(
  headers: Headers,
  nowMs: number,
): { ok: true; signature: ClaimedSignature } | { ok: false; problem: HeaderProblem } {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signature = headers['webhook-signature'];
  if (!id || !timestamp || !signature) return { ok: false, problem: 'missing_header' };
  if (!isSingle(id) || !isSingle(timestamp) || !isSingle(signature))
    return { ok: false, problem: 'malformed_header' };
  if (id.includes('.') || !/^\d{1,12}$/.test(timestamp)) return { ok: false, problem: 'malformed_header' };
  const distanceSeconds = Math.abs(Math.floor(nowMs / SECOND_MS) - Number(timestamp));
  if (distanceSeconds > SIGNATURE_TOLERANCE_SECONDS) return { ok: false, problem: 'stale_timestamp' };
  return { ok: true, signature: { id, timestamp, given: readSignatures(signature) } };
}

/** Whether one of these secrets has signed the body. Hashes the body once per secret. */
export function isSignatureOf(
  { id, timestamp, given }: ClaimedSignature,
  secrets: readonly string[],
  body: string | Uint8Array,
): boolean {
  const expected = secrets.map((secret) => macOf(secret, id, timestamp, body));
  return anyEqual(given, expected);
}

/**
 * The path that the sender has bound its message to; null when it has bound it to none. A signature covers the id but
 * not where the message is sent, so an id that ends in `@` and the path says it: `msg_1@/webhooks/gaming/deposit`.
 */
export function boundPath(id: string): string | null {
  const at = id.indexOf('@/');
  return at < 0 ? null : id.slice(at + 1);
}

function isSingle(header: string | string[]): header is string {
  return typeof header === 'string';
}

function readSignatures(header: string): Buffer[] {
  return header
    .split(' ', MAX_SIGNATURES)
    .filter((entry) => entry.startsWith(`${SIGNATURE_VERSION},`))
    .map((entry) => entry.slice(SIGNATURE_VERSION.length + 1))
    .filter((text) => BASE64.test(text))
    .map((text) => Buffer.from(text, 'base64'));
}

/** Compares every pair, without leaving early, so the time taken tells nothing about which one came close. */
function anyEqual(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let equal = false;
  for (const mac of expected) {
    for (const candidate of given) {
      // timingSafeEqual throws on unequal lengths; the length of a SHA-256 is no secret.
      if (candidate.length === mac.length && timingSafeEqual(candidate, mac)) equal = true;
    }
  }
  return equal;
}

function macOf(secret: string, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secretBytes(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** The error never shows the secret. */
function secretBytes(secret: string): Buffer {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : '';
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) {
    throw new Error(`a webhook secret must be ${SECRET_PREFIX} and the base64 of 24 to 64 bytes`);
  }
  return bytes;
}
