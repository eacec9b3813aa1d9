import type { Binding } from '../attribution/binding';
import { depositEarnings } from '../commission/earnings';
import type { Exchange, Exchanged } from '../commission/exchange';
import type { DeservedLine } from '../commission/line';
import type { Currency } from '../currencies';
import type { Money } from '../money';
import type { ConversionStatus, DeservedConversion } from './books';
import { creditByBinding, creditsOf, UNCREDITED } from './credit';
import { type Deposit, standingFact } from './deposits';
import { describeInputs } from './inputs';
import { IN_REVIEW, refusalOf } from './rulings';

type Standing = { readonly status: ConversionStatus; readonly reason: string | null };

/** A deposit transaction as a conversion: its status, its credit, and what it earns. */
export function depositConversion(
  deposit: Deposit,
  isFirst: boolean,
  binding: Binding | null,
  exchange: Exchange,
): DeservedConversion {
  const fact = standingFact(deposit);
  const isBinding = binding !== null && binding.event === deposit.confirmed;
  const crediting = deposit.confirmed === null ? UNCREDITED : creditByBinding(binding, isBinding);
  const { standing, lines, exchanged } = judge(deposit, isFirst, binding, exchange);
  const isCredited = crediting.shares.length > 0 && standing.status !== 'rejected';
  return {
    kind: 'deposit',
    transactionKey: deposit.transactionKey,
    fact,
    status: standing.status,
    reason: standing.reason ?? (isCredited ? null : (crediting.reason ?? 'no_touch')),
    isFirstDeposit: isFirst,
    value: fact.money,
    model: crediting.model,
    credits: isCredited ? creditsOf(crediting, fact.money) : [],
    losing: crediting.losing,
    lines,
    exchanged,
    chargebacks: deposit.chargebacks,
    inputs: describeInputs({
      facts: [...deposit.facts, ...deposit.chargebacks],
      isStanding: isFirst,
      shares: crediting.shares,
      model: crediting.model,
      losing: crediting.losing,
      noTouchReason: crediting.reason,
      ...judgedBy(binding, isFirst),
      exchanged,
    }),
  };
}

/** The deals that are asked, and since when their qualification days count if any does. */
function judgedBy(binding: Binding | null, isFirst: boolean) {
  if (binding === null) return {};
  // Of a later deposit only a deal that pays a part of each is asked.
  const deals = [...binding.deals.values()].filter((deal) => isFirst || 'ratePpm' in deal.terms);
  const isTimed = isFirst && deals.some(({ qualificationDays }) => qualificationDays !== null);
  return {
    dealIds: deals.map(({ dealId }) => dealId),
    boundAtMs: isTimed ? binding.event.occurredAtMs : null,
  };
}

type Judged = {
  readonly standing: Standing;
  readonly lines: readonly DeservedLine[];
  readonly exchanged: readonly Exchanged[];
};

function judge(deposit: Deposit, isFirst: boolean, binding: Binding | null, exchange: Exchange): Judged {
  const standing = depositStanding(deposit);
  const { confirmed, remaining } = deposit;
  const isPayable = standing.status === 'approved' || standing.status === 'reversed';
  if (!isPayable || binding === null || confirmed === null || remaining === null) {
    return { standing, lines: [], exchanged: [] };
  }
  const exchanged = new Map<Currency, Exchanged>();
  const inCurrency = (currency: Currency): Money | null => {
    if (currency === remaining.currency) return remaining;
    const converted = exchange(remaining, currency, confirmed.occurredAtMs);
    if (converted === null) return null;
    exchanged.set(currency, converted);
    return converted.money;
  };
  const earned = depositEarnings(
    binding,
    { remaining, occurredAtMs: confirmed.occurredAtMs, boundAtMs: binding.event.occurredAtMs, inCurrency },
    isFirst,
  );
  if (!earned.isDecided) {
    return { standing: { status: 'pending', reason: earned.reason }, lines: [], exchanged: [] };
  }
  return { standing, lines: earned.lines, exchanged: [...exchanged.values()] };
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
  const refusal = refusalOf(deposit.confirmed);
  if (refusal !== null) return { status: 'rejected', reason: refusal };
  if (deposit.latest.status === 'reversed') return { status: 'reversed', reason: 'deposit_reversed' };
  if (deposit.remaining?.amountMinor === 0n) return { status: 'reversed', reason: 'charged_back' };
  if (deposit.confirmed.outcome === 'review') return { status: 'pending', reason: IN_REVIEW };
  return { status: 'approved', reason: null };
}
