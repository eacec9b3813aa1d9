import { latestMeantMs } from '../attribution/click-window';
import type { DealId, PartnerId } from '../ids';
import type { Money } from '../money';
import { DAY_MS } from '../time';

/** Kinds of deals: a fixed amount per first deposit, a part of every deposit, both, or an amount per registration. */
export const DEAL_KINDS = ['cpa', 'percent', 'hybrid', 'cpl'] as const;
export type DealKind = (typeof DEAL_KINDS)[number];

/** What a deal pays for. Rates are parts per million of the deposit: 25.5 % is 255,000. */
export type DealTerms =
  | { readonly kind: 'cpa'; readonly cpa: Money }
  | { readonly kind: 'percent'; readonly ratePpm: number }
  | { readonly kind: 'hybrid'; readonly cpa: Money; readonly ratePpm: number }
  | { readonly kind: 'cpl'; readonly cpl: Money };

export const CAP_PERIODS = ['day', 'month', 'total'] as const;
export type CapPeriod = (typeof CAP_PERIODS)[number];

/** How many players a deal pays for in a UTC day, a UTC month and ever; null: any number. */
export type Caps = Readonly<Record<CapPeriod, number | null>>;

export const NO_CAPS: Caps = { day: null, month: null, total: null };

export const MAX_QUALIFICATION_DAYS = 3650;
export const MAX_HOLD_DAYS = 365;

/** One version of a partner's commission terms. */
export type Deal = {
  readonly dealId: DealId;
  readonly partnerId: PartnerId;
  readonly version: number;
  readonly terms: DealTerms;
  /** What the first deposit must amount to for a CPA. */
  readonly minDeposit: Money | null;
  /** How many days of 24 hours after the binding event a first deposit still earns the CPA; null: for ever. */
  readonly qualificationDays: number | null;
  /** How many days of 24 hours after its own event a commission is held before it is approved. */
  readonly holdDays: number;
  readonly caps: Caps;
  readonly validFromMs: number;
};

/** The partner's deal version at a time: the latest that had begun; the higher version when two begin together. */
export function dealInForce(
  deals: readonly Deal[],
  partnerId: Deal['partnerId'] | null,
  atMs: number,
): Deal | null {
  let inForce: Deal | null = null;
  for (const deal of deals) {
    if (deal.partnerId !== partnerId || deal.validFromMs > latestMeantMs(atMs)) continue;
    const isNewer =
      inForce === null ||
      deal.validFromMs > inForce.validFromMs ||
      (deal.validFromMs === inForce.validFromMs && deal.version > inForce.version);
    if (isNewer) inForce = deal;
  }
  return inForce;
}

export function hasCaps({ caps }: Deal): boolean {
  return CAP_PERIODS.some((period) => caps[period] !== null);
}

/** The first millisecond at which a commission for an event is held no more. */
export function holdEndMs(deal: Deal, occurredAtMs: number): number {
  return occurredAtMs + deal.holdDays * DAY_MS;
}
