import type { Binding } from '../attribution/binding';
import type { Credit } from '../attribution/credits';
import type { AttributionModel } from '../attribution/models';
import type { OwedCommission } from '../commission/journal';
import type { ChargebackFact, Fact } from '../facts';
import type { DealId } from '../ids';
import type { PlayerValue } from '../ltv/player-value';
import type { Money } from '../money';

export const CONVERSION_STATUSES = ['pending', 'approved', 'rejected', 'reversed'] as const;
export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

/** Kinds of events that become conversions; the others change conversions or the player's value. */
export type ConversionKind = Exclude<Fact['kind'], 'withdrawal' | 'ngr' | 'chargeback' | 'self_exclusion'>;

/** A commission that a conversion deserves now; an amount of zero explains why nothing is due. */
export type DeservedLine = OwedCommission & {
  readonly kind: 'cpa';
  readonly dealId: DealId;
  readonly dealVersion: number;
  readonly reason: string;
};

/** An event credited to touches and valued: what its row, credits and commission lines should say. */
export type DeservedConversion = {
  readonly kind: ConversionKind;
  readonly transactionKey: string;
  /** The fact that stands for the conversion: of a deposit its confirmation, else its highest rank. */
  readonly fact: Fact;
  readonly status: ConversionStatus;
  /** Why it is not approved, or why an approved one is credited to nobody. */
  readonly reason: string | null;
  readonly isFirstDeposit: boolean;
  readonly value: Money | null;
  readonly model: AttributionModel;
  readonly credits: readonly Credit[];
  readonly lines: readonly DeservedLine[];
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
};
