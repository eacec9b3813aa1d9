import { formatMinor, type Money, parseMoney } from '../domain/money';
import { CAMPAIGN_KEYS, type CampaignKey, PARTNER_KEYS, PARTNERS, type PartnerKey } from './cast';
import type { ConversionRead, TrialBalance } from './responses';
import { exactMoney } from './script';
import type { SetUp } from './setup';
import type { SentClick } from './traffic';
import { commissionOf } from './verify-journey';

/** What the clicks that were really sent must have earned for their partner. */
export function expectedCommission(
  clicks: readonly SentClick[],
  partner: PartnerKey,
  campaign?: CampaignKey,
): Money {
  const due = clicks
    .filter(({ plan }) => plan.partner === partner && (campaign === undefined || plan.campaign === campaign))
    .map(({ plan }) => plan.expected.commission);
  const { currency } = exactMoney('0', PARTNERS[partner].currency);
  return { amountMinor: due.reduce((sum, { amountMinor }) => sum + amountMinor, 0n), currency };
}

/** Compares the conversions of all campaigns of the run with the plan: no stranger, nothing pending, exact sums. */
export function judgeConversionLists(
  conversions: readonly ConversionRead[],
  clicks: readonly SentClick[],
  setUp: SetUp,
): string[] {
  const known = new Set(clicks.map(({ clickId }) => clickId));
  const problems = conversions
    .filter(({ clickId }) => !known.has(clickId ?? ''))
    .map(
      ({ conversionId, clickId }) =>
        `conversion ${conversionId} belongs to ${clickId ?? 'no click'}, which we never got`,
    );
  const pending = conversions.filter(({ status }) => status === 'pending').length;
  if (pending > 0) problems.push(`${pending} conversions are pending`);
  for (const partner of PARTNER_KEYS) {
    const { amountMinor, currency } = expectedCommission(clicks, partner);
    const { partnerId } = setUp.partners[partner];
    const booked = commissionOf(conversions, partnerId, currency);
    if (booked === amountMinor) continue;
    const shown = booked === null ? 'unreadable' : formatMinor(booked, currency);
    problems.push(
      `conversions of ${partnerId} add up to ${shown} ${currency}, expected ${formatMinor(amountMinor, currency)}`,
    );
  }
  return problems;
}

/**
 * Every currency must sum to zero; what is payable to our partners must equal the plan, and what our campaigns
 * have cost must stand against it. Which of the two sides is written with a minus is left to the instance.
 */
export function judgeTrialBalance(
  balance: TrialBalance,
  clicks: readonly SentClick[],
  setUp: SetUp,
): string[] {
  const problems = balance.currencies
    .filter(({ total }) => !/^-?0(\.0+)?$/.test(total))
    .map(({ currency, total }) => `the trial balance in ${currency} is ${total}, not zero`);
  for (const partner of PARTNER_KEYS) {
    const account = `payable:${setUp.partners[partner].partnerId}`;
    const due = expectedCommission(clicks, partner);
    const payable = balanceOf(balance, account, due.currency);
    if (magnitude(payable) !== due.amountMinor) {
      problems.push(differs(account, due, payable));
    }
    for (const campaign of CAMPAIGN_KEYS) {
      const cost = expectedCommission(clicks, partner, campaign);
      const expense = `expense:commission:${setUp.campaigns[campaign].campaignId}`;
      const spent = balanceOf(balance, expense, due.currency);
      const sameSide = spent !== 0n && spent > 0n === payable > 0n;
      if (magnitude(spent) !== cost.amountMinor || sameSide) problems.push(differs(expense, cost, spent));
    }
  }
  return problems;
}

function differs(account: string, due: Money, actual: bigint): string {
  const [expected, shown] = [due.amountMinor, actual].map((minor) => formatMinor(minor, due.currency));
  return `account ${account} holds ${shown} ${due.currency}, expected ${expected} in size`;
}

function balanceOf(balance: TrialBalance, account: string, currency: string): bigint {
  const accounts = balance.currencies.find((entry) => entry.currency === currency)?.accounts ?? [];
  return accounts
    .filter((entry) => entry.account === account)
    .map((entry) => parseMoney(entry.balance, currency))
    .reduce((sum, parsed) => sum + (parsed.ok ? parsed.money.amountMinor : 0n), 0n);
}

function magnitude(amountMinor: bigint): bigint {
  return amountMinor < 0n ? -amountMinor : amountMinor;
}
