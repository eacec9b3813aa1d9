import type { Fact, RulingFact } from '../facts';
import type { ConversionStatus } from './books';

/**
 * The facts with what people ruled on their conversions in place of what the rules said. Of several rulings on one
 * conversion that on the highest revision is the last word, whatever arrived last; so a ruling is taken back by
 * another one, and the books follow.
 */
export function applyRulings(facts: readonly Fact[]): Fact[] {
  const last = new Map<string, RulingFact>();
  for (const fact of facts) {
    if (fact.kind !== 'ruling') continue;
    const key = conversionKey(fact.on);
    const known = last.get(key);
    if (known === undefined || known.revision < fact.revision) last.set(key, fact);
  }
  return facts.map((fact) => {
    const ruledBy = last.get(conversionKey(fact));
    if (ruledBy === undefined) return fact;
    return { ...fact, outcome: ruledBy.decision === 'approve' ? 'allow' : 'block', ruledBy };
  });
}

/** Why a fact with this outcome does not count; null when it does. */
export function refusalOf({ outcome, ruledBy }: Fact): 'fraud_blocked' | 'rejected_by_ruling' | null {
  if (outcome !== 'block') return null;
  return ruledBy === undefined ? 'fraud_blocked' : 'rejected_by_ruling';
}

/** The reason of a conversion that waits for a person. */
export const IN_REVIEW = 'in_review';

/** Whether a person may rule on a conversion: not where the transaction itself says that no money came, or that it went. */
export function isRulable(status: ConversionStatus, reason: string | null): boolean {
  switch (status) {
    case 'qualified':
    case 'approved':
    case 'paid':
      return true;
    case 'pending':
      return reason !== 'deposit_pending';
    case 'rejected':
      return reason === 'fraud_blocked' || reason === 'rejected_by_ruling';
    case 'reversed':
      return false;
  }
}

function conversionKey({ kind, transactionKey }: { kind: string; transactionKey: string }): string {
  return `${kind} ${transactionKey}`;
}
