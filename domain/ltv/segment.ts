import type { Currency } from '../currencies';
import { formatMinor, parseMoney } from '../money';
import type { Frequency } from './frequency';

/** An amount as rules store it: a decimal and its currency. */
export type AmountText = { readonly amount: string; readonly currency: string };

/** Among the best of all players: by NGR of the last days, and only where there are enough players to rank. */
export type TopNgr = { readonly percent: number; readonly days: number; readonly minPlayers: number };

/** What a player has to meet, all of it. Amounts are per currency: any of those named is enough, none is ever converted. */
export type SegmentConditions = {
  readonly minDeposits?: number | undefined;
  readonly maxDeposits?: number | undefined;
  readonly depositTotal?: readonly AmountText[] | undefined;
  readonly ngr?: readonly AmountText[] | undefined;
  readonly minDaysActive?: number | undefined;
  readonly minDepositsPer30Days?: number | undefined;
  /** Days since the last deposit. */
  readonly minRecencyDays?: number | undefined;
  readonly maxRecencyDays?: number | undefined;
  /** Days since the first deposit. */
  readonly maxAgeDays?: number | undefined;
  readonly topNgr?: TopNgr | undefined;
};

export type SegmentRule = { readonly segment: string; readonly when: SegmentConditions };

/** One version of a workspace's rules, in the order in which they are asked. */
export type SegmentRuleSet = { readonly version: number; readonly rules: readonly SegmentRule[] };

/** A player's place by NGR in one currency, among the players who have any in the same days. */
export type NgrRank = {
  readonly days: number;
  readonly currency: Currency;
  readonly ngrMinor: bigint;
  /** How many players have more. */
  readonly above: number;
  readonly players: number;
};

/** What the rules look at. */
export type PlayerStanding = Frequency & {
  readonly deposits: number;
  readonly daysActive: number;
  readonly values: readonly {
    readonly currency: Currency;
    readonly depositTotalMinor: bigint;
    readonly ngrMinor: bigint | null;
  }[];
  readonly ranks: readonly NgrRank[];
};

export type Segmentation = {
  /** Null when no rule fits. */
  readonly segment: string | null;
  readonly rulesVersion: number;
  /** What the player met, one sentence per condition. */
  readonly because: readonly string[];
};

/** What a workspace is born with. `high_value` is what the trade calls a whale. */
export const DEFAULT_SEGMENT_RULES: SegmentRuleSet = {
  version: 1,
  rules: [
    { segment: 'high_value', when: { topNgr: { percent: 5, days: 90, minPlayers: 20 } } },
    { segment: 'lapsed', when: { minDeposits: 1, minRecencyDays: 60 } },
    { segment: 'new', when: { minDeposits: 1, maxAgeDays: 30 } },
    { segment: 'regular', when: { minDeposits: 2 } },
    { segment: 'occasional', when: { minDeposits: 1 } },
    { segment: 'prospect', when: { maxDeposits: 0 } },
  ],
};

/** The segment of the first rule whose conditions are all met. */
export function segmentOf(standing: PlayerStanding, { version, rules }: SegmentRuleSet): Segmentation {
  for (const { segment, when } of rules) {
    const because = metConditions(standing, when);
    if (because !== null) return { segment, rulesVersion: version, because };
  }
  return { segment: null, rulesVersion: version, because: ['no rule fits'] };
}

/** The spans of days for which the rules need a ranking of the players. */
export function rankedDays({ rules }: SegmentRuleSet): readonly number[] {
  return [...new Set(rules.flatMap(({ when }) => when.topNgr?.days ?? []))];
}

/** Why the player meets the conditions; null when one of them is not met. */
function metConditions(standing: PlayerStanding, when: SegmentConditions): readonly string[] | null {
  const { deposits, daysActive, recencyDays, ageDays, per30Days } = standing;
  const per30 = when.minDepositsPer30Days;
  const checks: readonly (string | null | undefined)[] = [
    atLeast('deposits', deposits, when.minDeposits),
    atMost('deposits', deposits, when.maxDeposits),
    anyAmount('deposit total', standing, when.depositTotal, (value) => value.depositTotalMinor),
    anyAmount('NGR', standing, when.ngr, (value) => value.ngrMinor),
    atLeast('days active', daysActive, when.minDaysActive),
    atLeast('hundredths of a deposit per 30 days', per30Days, per30 === undefined ? undefined : per30 * 100),
    atLeast('days since the last deposit', recencyDays, when.minRecencyDays),
    atMost('days since the last deposit', recencyDays, when.maxRecencyDays),
    atMost('days since the first deposit', ageDays, when.maxAgeDays),
    when.topNgr === undefined ? undefined : topRank(standing, when.topNgr),
  ];
  const met = checks.filter((check) => check !== undefined);
  return met.some((check) => check === null) ? null : met.filter((check) => check !== null);
}

/** Undefined: not asked for. Null: not met; so is a minimum of what is not known. */
function atLeast(what: string, value: number | null, least: number | undefined): string | null | undefined {
  if (least === undefined) return undefined;
  return value !== null && value >= least ? `${what}: ${value}, at least ${least}` : null;
}

function atMost(what: string, value: number | null, most: number | undefined): string | null | undefined {
  if (most === undefined) return undefined;
  return value !== null && value <= most ? `${what}: ${value}, at most ${most}` : null;
}

function anyAmount(
  what: string,
  { values }: PlayerStanding,
  thresholds: readonly AmountText[] | undefined,
  minorOf: (value: PlayerStanding['values'][number]) => bigint | null,
): string | null | undefined {
  if (thresholds === undefined) return undefined;
  for (const { amount, currency } of thresholds) {
    const threshold = parseMoney(amount, currency);
    const value = values.find((known) => known.currency === currency);
    const minor = value === undefined ? null : minorOf(value);
    if (!threshold.ok || value === undefined || minor === null) continue;
    if (minor < threshold.money.amountMinor) continue;
    return `${what}: ${formatMinor(minor, value.currency)} ${currency}, at least ${amount}`;
  }
  return null;
}

/** Equal NGR shares a place. Who has lost the house money is among the best of nobody. */
function topRank({ ranks }: PlayerStanding, { percent, days, minPlayers }: TopNgr): string | null {
  const rank = ranks.find(
    (known) =>
      known.days === days &&
      known.ngrMinor > 0n &&
      known.players >= minPlayers &&
      known.above * 100 < percent * known.players,
  );
  if (rank === undefined) return null;
  const ngr = `${formatMinor(rank.ngrMinor, rank.currency)} ${rank.currency}`;
  return `NGR of ${days} days: ${ngr}, place ${rank.above + 1} of ${rank.players}, within the top ${percent} %`;
}
