import { SECOND_MS } from '../../domain/time';
import { addressBlock } from './address-block';
import { WindowCounter } from './window-counter';

/** A few megabytes; more addresses in one second are an attack that no limit per address can stop. */
const MAX_ADDRESSES = 100_000;

/** How much one address may send on public paths: clicks, impressions, pixels and reports without a key. */
export type VisitorLimit = {
  /** Counts one request; false when the address has had its share of this second. */
  take(address: string | null, nowMs: number): boolean;
};

/** `perSecond` 0 lets everything pass. */
export function createVisitorLimit(perSecond: number): VisitorLimit {
  if (perSecond === 0) return { take: () => true };
  const counter = new WindowCounter({ limit: perSecond, windowMs: SECOND_MS, maxKeys: MAX_ADDRESSES });
  return {
    take: (address, nowMs) => {
      const block = addressBlock(address);
      return block === null || counter.take(block, nowMs);
    },
  };
}
