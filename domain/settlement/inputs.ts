import type { LosingTouch, Share } from '../attribution/attribute';
import { touchIdOf } from '../attribution/touch';
import type { Exchanged } from '../commission/exchange';
import { byOwnTime, type Fact } from '../facts';
import type { DealId } from '../ids';

/**
 * The inputs of one decision as canonical text: facts in their own order, the touches credited and lost, the deal
 * versions, the rates. Two sets of inputs are equal exactly when their texts are. What the first version did not know
 * is left out while it is empty, so that texts of then stay equal.
 */
export function describeInputs(inputs: {
  readonly facts: readonly Fact[];
  readonly isStanding: boolean;
  readonly shares: readonly Share[];
  readonly model: string | null;
  /** Why there is no touch: a click that appears outside of its window changes nothing but this. */
  readonly noTouchReason: string | null;
  /** Touches that are told with it: one that turns up late must be told too. */
  readonly losing?: readonly LosingTouch[];
  /** The deals that judge it. */
  readonly dealIds?: readonly DealId[];
  /** The time of the binding event, where a deal counts days from it. */
  readonly boundAtMs?: number | null;
  readonly exchanged?: readonly Exchanged[];
}): string {
  const { shares, losing = [], dealIds = [], boundAtMs = null, exchanged = [] } = inputs;
  return JSON.stringify({
    facts: [...inputs.facts].sort(byOwnTime).map(describeFact),
    standing: inputs.isStanding,
    touch: describeShares(shares) ?? inputs.noTouchReason,
    model: shares.length === 0 ? null : inputs.model,
    deal: dealIds.length > 1 ? [...dealIds].sort() : (dealIds[0] ?? null),
    ...(losing.length === 0 ? {} : { losing: losing.map(describeLosing) }),
    ...(boundAtMs === null ? {} : { bound: boundAtMs }),
    ...(exchanged.length === 0 ? {} : { rates: exchanged.map(describeExchange).sort() }),
  });
}

function describeShares(shares: readonly Share[]): string | readonly string[] | null {
  const [first] = shares;
  if (first === undefined) return null;
  if (shares.length === 1) return touchIdOf(first.touch);
  return shares.map(({ touch, weight }) => `${touchIdOf(touch)} ${weight}`);
}

function describeLosing({ touch, reason }: LosingTouch): string {
  return `${touchIdOf(touch)} ${reason}`;
}

function describeExchange({ money, rate, source, ratedAtMs }: Exchanged): string {
  return `${money.amountMinor} ${money.currency} ${rate} ${source} ${ratedAtMs}`;
}

function describeFact(fact: Fact): readonly (string | number | null)[] {
  const status = fact.kind === 'deposit' ? fact.status : fact.kind === 'chargeback' ? fact.refersTo : null;
  const money =
    'money' in fact && fact.money !== null ? `${fact.money.amountMinor} ${fact.money.currency}` : null;
  const ruling = fact.ruledBy === undefined ? [] : [fact.ruledBy.revision];
  return [fact.kind, fact.transactionKey, status, fact.occurredAtMs, money, fact.outcome, ...ruling];
}
