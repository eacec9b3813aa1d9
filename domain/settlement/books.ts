import type { Binding } from '../attribution/binding';
import type { Credit } from '../attribution/credits';
import type { AttributionModel } from '../attribution/models';
import type { OwedCommission } from '../commission/journal';
import type { ChargebackFact, Fact } from '../facts';
import type { DealId } from '../ids';
import type { DepositValue } from '../ltv/deposit-value';
import type { Money } from '../money';

export const CONVERSION_STATUSES = ['pending', 'approved', 'rejected', 'reversed'] as const;
export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

/** Kinds of events that become conversions; a chargeback changes one and is none itself. */
export type ConversionKind = Exclude<Fact['kind'], 'chargeback'>;

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
  readonly ltv: readonly DepositValue[];
};
