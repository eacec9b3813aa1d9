import type { Share } from '../attribution/attribute';
import type { Binding } from '../attribution/binding';
import { shareCredit } from '../attribution/credits';
import type { ClickTouch } from '../facts';
import { allocate, divideHalfAwayFromZero, type Money } from '../money';
import { decideCpa, type FirstDeposit } from './cpa';
import type { Deal } from './deal';
import type { DeservedLine, LineKind } from './line';

const WHOLE_PPM = 1_000_000n;

/** What a conversion earns its partners; undecided while a rate is missing. */
export type Earnings =
  | { readonly isDecided: true; readonly lines: readonly DeservedLine[] }
  | { readonly isDecided: false; readonly reason: 'currency_mismatch' };

/** An amount that a deal grants as a whole, before it is shared by credit. */
type Grant = {
  readonly kind: LineKind;
  readonly whole: Money;
  readonly reason: string;
  readonly of: Money;
  readonly ratePpm: number | null;
};

/**
 * What a confirmed deposit earns. Every credited partner is paid by his own deal, in the part that his touches have
 * of the credit; partners of equal deals together get exactly one whole amount. Views are never paid.
 */
export function depositEarnings(binding: Binding, deposit: FirstDeposit, isFirst: boolean): Earnings {
  const lines: DeservedLine[] = [];
  for (const { deal, shares } of paidPartners(binding)) {
    for (const grant of depositGrants(deal, deposit, isFirst)) {
      if (grant === 'currency_mismatch') return { isDecided: false, reason: grant };
      lines.push(toLine(deal, shares, binding.attribution.shares, grant));
    }
  }
  return { isDecided: true, lines };
}

/** What a registration earns: only by a deal per registration, on campaigns that pay for registrations. */
export function registrationEarnings(binding: Binding): readonly DeservedLine[] {
  return paidPartners(binding).flatMap(({ deal, shares }) => {
    if (deal.terms.kind !== 'cpl') return [];
    const { cpl } = deal.terms;
    const isPayable = clicksIn(shares).every(({ paysRegistrations }) => paysRegistrations);
    const whole = isPayable ? cpl : { ...cpl, amountMinor: 0n };
    const reason = isPayable ? 'registration' : 'registrations_not_payable';
    const grant = { kind: 'cpl', whole, reason, of: cpl, ratePpm: null } as const;
    return [toLine(deal, shares, binding.attribution.shares, grant)];
  });
}

function depositGrants(deal: Deal, deposit: FirstDeposit, isFirst: boolean): (Grant | 'currency_mismatch')[] {
  const { terms } = deal;
  switch (terms.kind) {
    case 'cpa':
      return isFirst ? [cpaGrant(terms.cpa, deal, deposit)] : [];
    case 'percent':
      return [percentGrant(terms.ratePpm, deposit)];
    case 'hybrid':
      return [...(isFirst ? [cpaGrant(terms.cpa, deal, deposit)] : []), percentGrant(terms.ratePpm, deposit)];
    case 'cpl':
      return [];
  }
}

function cpaGrant(cpa: Money, deal: Deal, deposit: FirstDeposit): Grant | 'currency_mismatch' {
  const decision = decideCpa(cpa, deal, deposit);
  if (decision.kind === 'undecided') return decision.reason;
  const whole = decision.kind === 'earned' ? decision.money : { ...cpa, amountMinor: 0n };
  return { kind: 'cpa', whole, reason: decision.reason, of: cpa, ratePpm: null };
}

/** In the deposit's own currency, so no rate is ever needed. Half a minor unit is rounded away from zero. */
function percentGrant(ratePpm: number, { remaining }: FirstDeposit): Grant {
  const amountMinor = divideHalfAwayFromZero(remaining.amountMinor * BigInt(ratePpm), WHOLE_PPM);
  const reason = remaining.amountMinor > 0n ? 'deposit_share' : 'deposit_taken_back';
  return { kind: 'percent', whole: { ...remaining, amountMinor }, reason, of: remaining, ratePpm };
}

type PaidPartner = { readonly deal: Deal; readonly shares: readonly Share[] };

/** The credited partners that have a deal, in the order of their first credited click. */
function paidPartners({ attribution, deals }: Binding): PaidPartner[] {
  if (attribution.basis !== 'click') return [];
  const byDeal = new Map<Deal, Share[]>();
  for (const share of attribution.shares) {
    const deal = share.touch.partnerId === null ? undefined : deals.get(share.touch.partnerId);
    if (deal !== undefined) byDeal.set(deal, [...(byDeal.get(deal) ?? []), share]);
  }
  return [...byDeal].map(([deal, shares]) => ({ deal, shares }));
}

function toLine(deal: Deal, own: readonly Share[], all: readonly Share[], grant: Grant): DeservedLine {
  const campaignId = clicksIn(own).at(-1)?.campaignId;
  if (campaignId === undefined) throw new Error('a paid partner has a credited click');
  const parts = allocate(
    grant.whole.amountMinor,
    all.map(({ weight }) => weight),
  );
  const amountMinor = all.reduce((sum, share, i) => (own.includes(share) ? sum + (parts[i] ?? 0n) : sum), 0n);
  const credits = shareCredit(all, null).filter(({ touch }) => own.some((share) => share.touch === touch));
  return {
    kind: grant.kind,
    partnerId: deal.partnerId,
    campaignId,
    dealId: deal.dealId,
    dealVersion: deal.version,
    amountMinor,
    currency: grant.whole.currency,
    stage: 'approved',
    holdUntilMs: null,
    reason: grant.reason,
    basis: {
      of: grant.of,
      ratePpm: grant.ratePpm,
      weightPpm: credits.reduce((sum, { weightPpm }) => sum + weightPpm, 0),
    },
  };
}

function clicksIn(shares: readonly Share[]): ClickTouch[] {
  return shares.flatMap(({ touch }) => (touch.kind === 'click' ? [touch] : []));
}
