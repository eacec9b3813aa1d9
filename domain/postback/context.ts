import type { Trust } from '../facts';
import type { PostbackEvent } from './events';
import type { Subs } from './macros';

/**
 * Everything that may leave the house about one conversion. It is closed on purpose: no name, address, IP or user
 * agent has a field here, and both renderers read field by field, so nothing else can slip through. Amounts are
 * decimal strings of `currency`, except the payout, which has its own.
 */
export type PostbackContext = {
  readonly event: PostbackEvent;
  /** The event's own time, not the time of sending: it has to be the same on every attempt. */
  readonly occurredAtMs: number;
  /** How far the one is known who reported it; absent of a test, which nobody has reported. */
  readonly trust?: Trust | undefined;
  readonly conversionId?: string | undefined;
  /** The number of the correction, counted from 1 under the key of what it corrects; 0 for the report itself. */
  readonly revision?: number | undefined;
  readonly clickId?: string | undefined;
  /** The traffic source's own id of the click. */
  readonly externalId?: string | undefined;
  readonly campaignId?: string | undefined;
  readonly partnerId?: string | undefined;
  /** The sender's transaction id. */
  readonly transactionId?: string | undefined;
  readonly amount?: string | undefined;
  readonly currency?: string | undefined;
  /** The commission of this destination's partner; absent when there is none. */
  readonly payout?: string | undefined;
  /** The deal's, which need not be the deposit's. */
  readonly payoutCurrency?: string | undefined;
  /** The player's confirmed deposits so far, in `currency`. */
  readonly ltv?: string | undefined;
  /** A keyed hash of the player; the only trace of the person. */
  readonly playerHash?: string | undefined;
  readonly subs?: Subs | undefined;
};
