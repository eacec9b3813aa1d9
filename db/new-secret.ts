import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new API key, e.g. `ck_kVQ…`: 256 random bits. It is shown once; only its hash is stored. */
export function newApiKey(): string {
  return `ck_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** A new signing secret in the form of Standard Webhooks: `whsec_` and 256 random bits in base64. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** What is stored of an API key, and what it is found by. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
