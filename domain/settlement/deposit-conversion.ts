import type { Binding } from '../attribution/binding';
import { shareCredit } from '../attribution/credits';
import { decideCpa } from '../commission/cpa';
import type { Touch } from '../facts';
import type { ConversionStatus, DeservedConversion, DeservedLine } from './books';
import { type Deposit, standingFact } from './deposits';
import { describeInputs } from './inputs';

type Standing = { readonly status: ConversionStatus; readonly reason: string | null };

/** A deposit transaction as a conversion: its status, its credit, and the CPA if it is the first. */
export function depositConversion(
  deposit: Deposit,
  isFirst: boolean,
  binding: Binding | null,
): DeservedConversion {
  const fact = standingFact(deposit);
  const touch = deposit.confirmed === null ? null : (binding?.touch ?? null);
  const { standing, line } = judge(deposit, isFirst, binding, touch);
  const isCredited = touch !== null && standing.status !== 'rejected';
  return {
    kind: 'deposit',
    transactionKey: deposit.transactionKey,
    fact,
    status: standing.status,
    reason: standing.reason ?? (isCredited ? null : (binding?.reason ?? 'no_touch')),
    isFirstDeposit: isFirst,
    value: fact.money,
    model: touch?.model ?? 'last_touch',
    credits: isCredited ? shareCredit([{ touch, weight: 1n }], fact.money) : [],
    lines: line === null ? [] : [line],
    chargebacks: deposit.chargebacks,
    inputs: describeInputs({
      facts: [...deposit.facts, ...deposit.chargebacks],
      isStanding: isFirst,
      touch,
      noTouchReason: deposit.confirmed === null ? null : (binding?.reason ?? null),
      // Only the first deposit is judged by the deal.
      deal: isFirst ? (binding?.deal ?? null) : null,
    }),
  };
}

function judge(
  deposit: Deposit,
  isFirst: boolean,
  binding: Binding | null,
  touch: Touch | null,
): { standing: Standing; line: DeservedLine | null } {
  const standing = depositStanding(deposit);
  const deal = binding?.deal ?? null;
  if (!isFirst || deal === null || touch === null || deposit.remaining === null)
    return { standing, line: null };
  const cpa = decideCpa(deal, deposit.remaining);
  if (cpa.kind === 'undecided') return { standing: { status: 'pending', reason: cpa.reason }, line: null };
  const line: DeservedLine = {
    kind: 'cpa',
    partnerId: deal.partnerId,
    campaignId: touch.campaignId,
    dealId: deal.dealId,
    dealVersion: deal.version,
    amountMinor: cpa.kind === 'earned' ? cpa.money.amountMinor : 0n,
    currency: deal.cpa.currency,
    reason: cpa.reason,
  };
  return { standing, line };
}

/** Transaction status → conversion status. A deposit that chargebacks took back whole is reversed. */
function depositStanding(deposit: Deposit): Standing {
  if (deposit.confirmed === null) {
    switch (deposit.latest.status) {
      case 'pending':
        return { status: 'pending', reason: 'deposit_pending' };
      case 'failed':
        return { status: 'rejected', reason: 'deposit_failed' };
      case 'reversed':
        return { status: 'reversed', reason: 'deposit_reversed' };
      case 'confirmed':
        throw new Error('a confirmed deposit has a confirmation');
    }
  }
  if (deposit.confirmed.outcome === 'block') return { status: 'rejected', reason: 'fraud_blocked' };
  if (deposit.latest.status === 'reversed') return { status: 'reversed', reason: 'deposit_reversed' };
  if (deposit.remaining?.amountMinor === 0n) return { status: 'reversed', reason: 'charged_back' };
  return { status: 'approved', reason: null };
}
