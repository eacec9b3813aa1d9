import { MINUTE_MS } from '../../domain/time';
import { addressBlock } from './address-block';
import { WindowCounter } from './window-counter';

const MAX_ADDRESSES = 100_000;
const MAX_KNOWN_CALLERS = 10_000;

/**
 * Bounds how often one address may try keys and signatures. Beyond the limit only callers that were accepted before
 * get as far as the database: a casino behind the same address as a script with an old key goes on reporting.
 */
export class AuthFailures {
  private readonly counter: WindowCounter | null;
  private readonly known = new Set<string>();

  /** `perMinute` 0 is no limit. */
  constructor(perMinute: number) {
    this.counter =
      perMinute === 0
        ? null
        : new WindowCounter({ limit: perMinute, windowMs: MINUTE_MS, maxKeys: MAX_ADDRESSES });
  }

  /** Asked before the credential is looked at: for how long a stranger from this address must wait; null to go on. */
  secondsToWait(address: string | null, caller: string, nowMs: number): number | null {
    const block = addressBlock(address);
    if (this.counter === null || block === null || this.isKnown(caller)) return null;
    return this.counter.isFull(block, nowMs) ? this.counter.secondsLeft(nowMs) : null;
  }

  failed(address: string | null, nowMs: number): void {
    const block = addressBlock(address);
    if (block !== null) this.counter?.take(block, nowMs);
  }

  /** Whether this caller was accepted before. */
  isKnown(caller: string): boolean {
    return this.known.has(caller);
  }

  accepted(caller: string): void {
    if (this.known.has(caller)) return;
    const [oldest] = this.known;
    if (this.known.size >= MAX_KNOWN_CALLERS && oldest !== undefined) this.known.delete(oldest);
    this.known.add(caller);
  }

  /** Of a key that was revoked. */
  forget(caller: string): void {
    this.known.delete(caller);
  }
}
