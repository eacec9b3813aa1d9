import type { LosingTouch } from '../attribution/attribute';
import type { Binding } from '../attribution/binding';
import type { Credit } from '../attribution/credits';
import type { AttributionModel } from '../attribution/models';
import type { Exchanged } from '../commission/exchange';
import type { DeservedLine } from '../commission/line';
import type { ChargebackFact, Fact, FactIdentity, Trust } from '../facts';
import type { PlayerValue } from '../ltv/player-value';
import type { Money } from '../money';
import type { SlotRequest } from './caps';

/**
 * The life of a conversion. Moved by: facts, rulings and the end of a hold through settlement; `paid` by a payout.
 *
 *   pending     cannot be decided yet: a status, a person's ruling or a rate is missing
 *   qualified   counts and has earned commission, of which some is still on hold
 *   approved    counts; what it earned may be paid
 *   paid        all that it earned was paid
 *   rejected    never counted: failed, fraud, refused by a person, or not the first of its kind
 *   reversed    counted, and was taken back
 *
 * Each is derived from the facts anew, so each may follow each, except that only a payout leads to `paid`.
 */
export const CONVERSION_STATUSES = [
  'pending',
  'qualified',
  'approved',
  'paid',
  'rejected',
  'reversed',
] as const;
export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

/** The statuses in which a conversion happened for all we know: it is reported, and may earn. */
export function isCounted(status: ConversionStatus): boolean {
  return status === 'qualified' || status === 'approved' || status === 'paid';
}

/** Kinds of events that become conversions; the others change conversions or the player's value. */
export type ConversionKind = Exclude<
  Fact['kind'],
  'withdrawal' | 'ngr' | 'chargeback' | 'self_exclusion' | 'ruling'
>;

/** An event credited to touches and valued: what its row, credits and commission lines should say. */
export type DeservedConversion = {
  readonly kind: ConversionKind;
  readonly transactionKey: string;
  /** The fact that stands for the conversion: of a deposit its confirmation, else its highest rank. */
  readonly fact: FactIdentity & { readonly trust: Trust };
  readonly status: ConversionStatus;
  /** Why it is not approved, or why an approved one is credited to nobody. */
  readonly reason: string | null;
  readonly isFirstDeposit: boolean;
  readonly value: Money | null;
  readonly model: AttributionModel;
  readonly credits: readonly Credit[];
  /** The touches that were looked at for it and not credited. Those of a bound player's later events are not told again. */
  readonly losing: readonly LosingTouch[];
  readonly lines: readonly DeservedLine[];
  /** The rates by which it was judged. */
  readonly exchanged: readonly Exchanged[];
  /** It occurred while its player was self-excluded: it earns nobody a commission and nobody is told of it. */
  readonly isExcluded?: true;
  /** The chargebacks that count against it; only a deposit has any. */
  readonly chargebacks: readonly ChargebackFact[];
  /**
   * Everything the decision depended on, as canonical text. Settlement derives a conversion again only when the
   * hash of this text changed, so new code alone rebooks nothing.
   */
  readonly inputs: string;
};

/** The books that a set of facts deserves. */
export type Books = {
  readonly binding: Binding | null;
  readonly conversions: readonly DeservedConversion[];
  readonly ltv: readonly PlayerValue[];
  /** Slots of capped deals that have to be asked for before the books are complete. */
  readonly slotRequests: readonly SlotRequest[];
  /** When the books change by time alone, because a hold ends; null: never. */
  readonly dueAtMs: number | null;
};
