import type { Currency } from '../currencies';
import type { CampaignId, DealId, PartnerId } from '../ids';
import type { Money } from '../money';

/** `cpa`: for a first deposit. `percent`: a part of a deposit. `cpl`: for a registration. */
export const LINE_KINDS = ['cpa', 'percent', 'cpl'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Earned and still held, or free to be paid. An amount of zero is held for nobody. */
export const LINE_STAGES = ['qualified', 'approved'] as const;
export type LineStage = (typeof LINE_STAGES)[number];

/** What a commission line says is owed: to whom, for which campaign, how much, and whether it may be paid yet. */
export type OwedCommission = {
  readonly partnerId: PartnerId;
  readonly campaignId: CampaignId;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly stage: LineStage;
};

/** What an amount was computed from, so that it can be explained. */
export type LineBasis = {
  /** The fixed amount of the deal, or the deposit of which a part is paid. */
  readonly of: Money;
  /** Of a part of a deposit. */
  readonly ratePpm: number | null;
  /** The partner's part of the credit. */
  readonly weightPpm: number;
};

/** A commission that a conversion deserves now; an amount of zero explains why nothing is due. */
export type DeservedLine = OwedCommission & {
  readonly kind: LineKind;
  readonly dealId: DealId;
  readonly dealVersion: number;
  readonly reason: string;
  readonly basis: LineBasis;
  /** Until when the deal holds it; null when it holds nothing. */
  readonly holdUntilMs: number | null;
};
