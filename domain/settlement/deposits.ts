import { byOwnTime, type ChargebackFact, DEPOSIT_STATUSES, type DepositFact, type Fact } from '../facts';
import type { Money } from '../money';

/** A deposit transaction as its facts leave it. */
export type Deposit = {
  readonly transactionKey: string;
  /** Its facts, lowest rank first. */
  readonly facts: readonly DepositFact[];
  /** The fact of the highest rank: it says what state the transaction is in. */
  readonly latest: DepositFact;
  /** The fact that made the money real; null while it is only pending, failed, or reversed before it was known. */
  readonly confirmed: DepositFact | null;
  /** Chargebacks of this deposit in its currency, by their own time. */
  readonly chargebacks: readonly ChargebackFact[];
  /** What reversals and chargebacks left of the confirmed amount; never below zero. */
  readonly remaining: Money | null;
};

/** Groups a player's deposit and chargeback facts into transactions, in the order of their own time. */
export function deriveDeposits(facts: readonly Fact[]): readonly Deposit[] {
  const groups = new Map<string, DepositFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'deposit') continue;
    groups.set(fact.transactionKey, [...(groups.get(fact.transactionKey) ?? []), fact]);
  }
  const chargebacks = facts.filter((fact) => fact.kind === 'chargeback').sort(byOwnTime);
  const target = chargebackTargets(groups);
  return [...groups.entries()]
    .map(([key, group]) =>
      toDeposit(
        key,
        group,
        chargebacks.filter((chargeback) => target(chargeback.refersTo) === key),
      ),
    )
    .sort((a, b) => byOwnTime(standingFact(a), standingFact(b)));
}

/** The fact whose time is the deposit's own: the confirmation, else the highest rank there is. */
export function standingFact(deposit: Deposit): DepositFact {
  return deposit.confirmed ?? deposit.latest;
}

/** A sender refers to a deposit by one of its event ids; only when none has it, by its transaction id. */
function chargebackTargets(
  groups: ReadonlyMap<string, readonly DepositFact[]>,
): (refersTo: string) => string | null {
  const byEventId = new Map<string, string>();
  for (const key of [...groups.keys()].sort()) {
    for (const fact of groups.get(key) ?? []) {
      if (!byEventId.has(fact.senderEventId)) byEventId.set(fact.senderEventId, key);
    }
  }
  return (refersTo) => byEventId.get(refersTo) ?? (groups.has(refersTo) ? refersTo : null);
}

function toDeposit(
  key: string,
  group: readonly DepositFact[],
  chargebacks: readonly ChargebackFact[],
): Deposit {
  const facts = [...group].sort(
    (a, b) => DEPOSIT_STATUSES.indexOf(a.status) - DEPOSIT_STATUSES.indexOf(b.status),
  );
  const latest = facts.at(-1);
  if (latest === undefined) throw new Error(`deposit ${key} has no facts`);
  const confirmed = facts.find((fact) => fact.status === 'confirmed') ?? null;
  const counting = chargebacks.filter(
    (chargeback) => chargeback.outcome !== 'block' && chargeback.money.currency === confirmed?.money.currency,
  );
  return {
    transactionKey: key,
    facts,
    latest,
    confirmed,
    chargebacks: counting,
    remaining: confirmed === null ? null : remainingOf(confirmed, latest, counting),
  };
}

function remainingOf(
  confirmed: DepositFact,
  latest: DepositFact,
  chargebacks: readonly ChargebackFact[],
): Money {
  const { amountMinor, currency } = confirmed.money;
  if (latest.status === 'reversed') return { amountMinor: 0n, currency };
  const left = chargebacks.reduce((rest, chargeback) => rest - chargeback.money.amountMinor, amountMinor);
  return { amountMinor: left > 0n ? left : 0n, currency };
}
