import type { Currency } from '../domain/currencies';
import { formatMinor, type Money } from '../domain/money';
import { PARTNERS, type PartnerKey } from './cast';
import { exactMoney, type ScriptedEvent } from './script';

export type Stage = 'waiting' | 'installed' | 'registered' | 'converted';

/** Lifetime deposits of a player in one currency. */
export type ExpectedLtv = { currency: Currency; count: number; total: string };

/** What the books must say about one click once everything has been handled. */
export type Expectation = {
  stage: Stage;
  /** Commission deserved by the click's partner, in the deal's currency; zero when nothing is due. */
  commission: Money;
  /** Deposit conversions: one per transaction that was ever confirmed. */
  deposits: number;
  /** How many of them have been charged back. */
  reversed: number;
  /** Whether the first deposit earns, so that its postbacks must exist. */
  firstDepositEarns: boolean;
  ltv: ExpectedLtv[];
};

/**
 * The books that the events deserve, whatever the order and number of their arrivals: only confirmed deposits
 * count, the earliest by its own time is the first, it alone earns, from the minimum on, and a chargeback takes
 * its commission back without passing it on.
 */
export function expect(events: readonly ScriptedEvent[], partner: PartnerKey): Expectation {
  const { cpa, minDeposit, currency } = PARTNERS[partner];
  const minimum = exactMoney(minDeposit, currency);
  const confirmed = events
    .filter((event) => event.kind === 'deposit' && event.status === 'confirmed')
    .toSorted((a, b) => a.occursAfterMs - b.occursAfterMs);
  const takenBack = new Set(events.flatMap((event) => event.takesBack ?? []));
  const first = confirmed[0];
  const firstDepositEarns =
    first?.money !== undefined &&
    first.money.currency === minimum.currency &&
    first.money.amountMinor >= minimum.amountMinor;
  const earns = firstDepositEarns && !takenBack.has(first.key);
  return {
    stage: stageOf(events, first !== undefined),
    commission: exactMoney(earns ? cpa : '0', currency),
    deposits: confirmed.length,
    reversed: confirmed.filter((event) => takenBack.has(event.key)).length,
    firstDepositEarns,
    ltv: lifetimeDeposits(confirmed),
  };
}

function stageOf(events: readonly ScriptedEvent[], deposited: boolean): Stage {
  if (deposited) return 'converted';
  if (events.some((event) => event.kind === 'registration')) return 'registered';
  return events.some((event) => event.kind === 'install') ? 'installed' : 'waiting';
}

function lifetimeDeposits(confirmed: readonly ScriptedEvent[]): ExpectedLtv[] {
  const sums = new Map<Currency, { count: number; minor: bigint }>();
  for (const { money } of confirmed) {
    if (money === undefined) continue;
    const sum = sums.get(money.currency) ?? { count: 0, minor: 0n };
    sums.set(money.currency, { count: sum.count + 1, minor: sum.minor + money.amountMinor });
  }
  return [...sums].map(([currency, { count, minor }]) => ({
    currency,
    count,
    total: formatMinor(minor, currency),
  }));
}
