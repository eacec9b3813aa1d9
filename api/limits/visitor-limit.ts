import { SECOND_MS } from '../../domain/time';
import { addressBlock } from './address-block';
import { WindowCounter } from './window-counter';

/** A few megabytes; more addresses in one second are an attack that no limit per address can stop. */
const MAX_ADDRESSES = 100_000;
/** What is left of a share while the process falls behind. */
const STRAINED_SHARE = 1 / 10;

/** How much one address may send without a key: clicks, impressions, pixels, reports, and whatever proves nobody. */
export type VisitorLimit = {
  /** Counts a request, or some units of one; false when the address has had its share of this second. */
  take(address: string | null, nowMs: number, units?: number): boolean;
  /** Whether the next one would be refused. */
  isFull(address: string | null, nowMs: number): boolean;
};

/**
 * `perSecond` 0 lets everything pass. While `isStrained`, an address has a tenth: whoever sends much is refused before
 * the process is late, and refuses everybody.
 */
export function createVisitorLimit(perSecond: number, isStrained: () => boolean = () => false): VisitorLimit {
  if (perSecond === 0) return { take: () => true, isFull: () => false };
  const counter = new WindowCounter({ limit: perSecond, windowMs: SECOND_MS, maxKeys: MAX_ADDRESSES });
  const share = (): number =>
    isStrained() ? Math.max(1, Math.floor(perSecond * STRAINED_SHARE)) : perSecond;
  return {
    take: (address, nowMs, units = 1) => {
      const block = addressBlock(address);
      return block === null || counter.take(block, nowMs, units, share());
    },
    isFull: (address, nowMs) => {
      const block = addressBlock(address);
      return block !== null && counter.isFull(block, nowMs, share());
    },
  };
}
