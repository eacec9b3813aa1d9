import type { IncomingMessage } from 'node:http';
import { addressBlock } from './address-block';

/**
 * Under which name a sender is remembered once it has proved itself. A key is a secret, so its hash is enough; the id of
 * a source is none, so it counts together with the address from which the source has signed.
 */
export function keyCaller(keyHash: Buffer): string {
  return keyHash.toString('base64');
}

export function sourceCaller(named: string, address: string | null): string {
  return `${named} ${addressBlock(address) ?? ''}`;
}

const SIGNATURE_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** Whether a request brings a part of a signature, good or not. */
export function isSigned({ headers }: IncomingMessage): boolean {
  return SIGNATURE_HEADERS.some((name) => headers[name] !== undefined);
}
