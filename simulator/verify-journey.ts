import type { z } from 'zod';
import { formatMinor, parseMoney } from '../domain/money';
import type { Api } from './api';
import { playerIdOf } from './event-request';
import type { PlannedRefusal } from './plan-refusals';
import {
  type ClickRead,
  type ConversionRead,
  clickRead,
  conversionRead,
  type PostbackRead,
  playerRead,
  postbackRead,
} from './responses';
import type { SetUp } from './setup';
import type { SentClick } from './traffic';

/** Everything the instance says about one click. */
export type JourneyReads = {
  click: ClickRead;
  conversions: ConversionRead[];
  /** Only those that go to this run's destinations. */
  postbacks: PostbackRead[];
  player: z.infer<typeof playerRead> | null;
};

/** Reads a click, and what it led to when something was sent for it. */
export async function readJourney(
  api: Api,
  sent: SentClick,
  options: { runId: string; setUp: SetUp; withPlayer: boolean },
): Promise<JourneyReads> {
  const { clickId, plan } = sent;
  const click = await api.read(`/v1/clicks/${clickId}`, clickRead);
  if (plan.events.length === 0) return { click, conversions: [], postbacks: [], player: null };
  const [conversions, postbacks] = await Promise.all([
    api.list(`/v1/conversions?clickId=${clickId}`, conversionRead),
    api.list(`/v1/postbacks?clickId=${clickId}`, postbackRead),
  ]);
  const playerPath = `/v1/players/${encodeURIComponent(playerIdOf(options.runId, plan.label))}`;
  const player = options.withPlayer ? await api.read(playerPath, playerRead) : null;
  const destinations = destinationsOf(sent, options.setUp);
  return {
    click,
    conversions: latestRevisions(conversions),
    postbacks: postbacks.filter((postback) => Object.values(destinations).includes(postback.destinationId)),
    player,
  };
}

/** Where the reads differ from what the plan expects, one sentence each. Empty when the click has settled. */
export function judgeJourney(reads: JourneyReads, sent: SentClick, setUp: SetUp, paired: boolean): string[] {
  return [
    ...judgeClick(reads.click, sent, setUp, paired),
    ...(sent.plan.events.length === 0 ? [] : judgeConversions(reads.conversions, sent, setUp)),
    ...judgePostbacks(reads.postbacks, sent, setUp),
    ...judgeLtv(reads, sent),
  ];
}

/** Lists may show every revision of a conversion; the newest one is the conversion. */
export function latestRevisions<T extends ConversionRead>(conversions: readonly T[]): T[] {
  const latest = new Map<string, T>();
  for (const conversion of conversions) {
    const known = latest.get(conversion.conversionId);
    if (known === undefined || known.revision < conversion.revision)
      latest.set(conversion.conversionId, conversion);
  }
  return [...latest.values()];
}

/** The sum of what conversions owe to a partner in a currency, in minor units; null when an amount is unreadable. */
export function commissionOf(
  conversions: readonly ConversionRead[],
  partnerId: string,
  currency: string,
): bigint | null {
  let sum = 0n;
  for (const line of conversions.flatMap((conversion) => conversion.commission)) {
    if (line.partnerId !== partnerId || (line.currency ?? currency) !== currency) continue;
    const parsed = parseMoney(line.amount, currency);
    if (!parsed.ok) return null;
    sum += parsed.money.amountMinor;
  }
  return sum;
}

function judgeClick(click: ClickRead, sent: SentClick, setUp: SetUp, paired: boolean): string[] {
  const { plan } = sent;
  const problems: string[] = [];
  const differs = (what: string, expected: unknown, actual: unknown): void => {
    if (actual !== expected) problems.push(`${what} is ${String(actual)}, expected ${String(expected)}`);
  };
  differs('stage', plan.expected.stage, click.journey.stage);
  differs('campaignId', setUp.campaigns[plan.campaign].campaignId, click.campaignId);
  differs('partnerId', setUp.partners[plan.partner].partnerId, click.partnerId);
  const suspicious = plan.client !== 'browser' || sent.surelyRepeated;
  const outcome = click.verdict?.outcome;
  if (suspicious) differs('verdict', 'review', outcome);
  // Of a pair, either click may have been the one that was judged with the other in sight.
  else if (paired) differs('verdict', outcome === 'review' ? 'review' : 'allow', outcome);
  else differs('verdict', 'allow', outcome);
  return problems;
}

function judgeConversions(conversions: readonly ConversionRead[], sent: SentClick, setUp: SetUp): string[] {
  const { expected, partner } = sent.plan;
  const problems: string[] = [];
  const differs = (what: string, wanted: number, actual: number): void => {
    if (actual !== wanted) problems.push(`${actual} ${what}, expected ${wanted}`);
  };
  const deposits = conversions.filter(({ event }) => event === 'deposit' || event === 'first_deposit');
  const pending = conversions.filter(({ status }) => status === 'pending');
  differs('conversions are pending', 0, pending.length);
  differs('registration conversions', 1, conversions.filter(({ event }) => event === 'registration').length);
  differs('deposit conversions', expected.deposits, deposits.length);
  differs(
    'deposits reversed',
    expected.reversed,
    deposits.filter(({ status }) => status === 'reversed').length,
  );
  const { amountMinor, currency } = expected.commission;
  const booked = commissionOf(conversions, setUp.partners[partner].partnerId, currency);
  if (booked !== amountMinor) {
    const shown = booked === null ? 'unreadable' : formatMinor(booked, currency);
    problems.push(`commission is ${shown} ${currency}, expected ${formatMinor(amountMinor, currency)}`);
  }
  return problems;
}

function destinationsOf({ plan }: SentClick, setUp: SetUp): Record<PlannedRefusal['destination'], string> {
  return {
    partner_url: setUp.partners[plan.partner].destinationId,
    webhook: setUp.campaigns[plan.campaign].destinationId,
  };
}

function judgePostbacks(postbacks: readonly PostbackRead[], sent: SentClick, setUp: SetUp): string[] {
  const { refusals } = sent.plan;
  const problems = postbacks
    .filter(({ status }) => status === 'pending')
    .map(({ event, postbackId }) => `${event} postback ${postbackId} is pending`);
  for (const [kind, destinationId] of Object.entries(destinationsOf(sent, setUp))) {
    const here = postbacks.filter((postback) => postback.destinationId === destinationId);
    problems.push(...judgeCounts(here, sent, kind));
    for (const { event, status, postbackId } of here) {
      const refused = refusals.some(
        (refusal) =>
          refusal.treatment === 'refuse' && refusal.destination === kind && refusal.event === event,
      );
      const name = `${event} postback ${postbackId}`;
      if (status === 'dead' && !refused) problems.push(`${name} is dead without a planned refusal`);
      if (status === 'delivered' && refused) problems.push(`${name} counts as delivered, but was refused`);
    }
  }
  return problems;
}

/**
 * Each destination hears of the registration and of an earning first deposit, once. Where the first deposit
 * changed later, or was charged back, corrections follow, and how many depends on what arrived together.
 */
function judgeCounts(here: readonly PostbackRead[], { plan }: SentClick, destination: string): string[] {
  const { expected, shape } = plan;
  const corrected = expected.reversed > 0 || shape === 'deposits_swapped';
  const due = [
    ...(shape === 'waiting' ? [] : ['registration']),
    ...(expected.firstDepositEarns && expected.reversed === 0 ? ['first_deposit'] : []),
  ];
  const problems = due.flatMap((event) => {
    const count = here.filter((postback) => postback.event === event).length;
    return count === 1 || (count > 1 && corrected)
      ? []
      : [`${count} ${event} postbacks to the ${destination}, expected 1`];
  });
  const keys = here.map(({ key }) => key);
  const doubled = keys.find((key, position) => keys.indexOf(key) !== position);
  if (doubled !== undefined) problems.push(`two postbacks to the ${destination} have the key ${doubled}`);
  return problems;
}

function judgeLtv({ player }: JourneyReads, { plan }: SentClick): string[] {
  if (player === null) return [];
  return plan.expected.ltv.flatMap(({ currency, count, total }) => {
    const deposits = player.ltv.find((entry) => entry.currency === currency)?.deposits;
    if (deposits?.count === count && deposits.total === total) return [];
    const shown = deposits === undefined ? 'nothing' : `${deposits.count} deposits of ${deposits.total}`;
    return [`lifetime value in ${currency} shows ${shown}, expected ${count} deposits of ${total}`];
  });
}
