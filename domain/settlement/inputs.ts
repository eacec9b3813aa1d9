import { byOwnTime, type Deal, type Fact, type Touch } from '../facts';

/**
 * The inputs of one decision as canonical text: facts in their own order, the touch, the deal version. Two sets
 * of inputs are equal exactly when their texts are.
 */
export function describeInputs(inputs: {
  readonly facts: readonly Fact[];
  readonly isStanding: boolean;
  readonly touch: Touch | null;
  /** Why there is no touch: a click that appears outside of its window changes nothing but this. */
  readonly noTouchReason: string | null;
  readonly deal?: Deal | null;
}): string {
  return JSON.stringify({
    facts: [...inputs.facts].sort(byOwnTime).map(describeFact),
    standing: inputs.isStanding,
    touch: inputs.touch?.clickId ?? inputs.noTouchReason,
    model: inputs.touch?.model ?? null,
    deal: inputs.deal?.dealId ?? null,
  });
}

function describeFact(fact: Fact): readonly (string | number | null)[] {
  const status = fact.kind === 'deposit' ? fact.status : fact.kind === 'chargeback' ? fact.refersTo : null;
  const money =
    'money' in fact && fact.money !== null ? `${fact.money.amountMinor} ${fact.money.currency}` : null;
  return [fact.kind, fact.transactionKey, status, fact.occurredAtMs, money, fact.outcome];
}
