import { type Binding, bindPlayer, type Touches } from '../attribution/binding';
import type { Deal } from '../commission/deal';
import { type Exchange, NO_RATES } from '../commission/exchange';
import {
  byOwnTime,
  type Fact,
  type InstallFact,
  type LeadFact,
  type RegistrationFact,
  type SaleFact,
} from '../facts';
import type { DealId } from '../ids';
import { playerValues } from '../ltv/player-value';
import type { Books, DeservedConversion } from './books';
import { type SlotDecision, withCaps } from './caps';
import { depositConversion } from './deposit-conversion';
import { deriveDeposits } from './deposits';
import { exclusionsOf, withoutCommission } from './exclusion';
import { nextHoldEndMs, withHold } from './hold';
import { registrationConversion, soloConversion } from './plain-conversions';
import { applyRulings } from './rulings';

export type SettlementInput = Touches & {
  /** Every assessed, matched event of the player and every ruling on them, in any order. */
  readonly facts: readonly Fact[];
  /** All deal versions of the partners of the touches. */
  readonly deals: readonly Deal[];
  /** What was granted to the player under capped deals so far; an input like any fact, because it is never dealt again. */
  readonly slots?: ReadonlyMap<DealId, SlotDecision>;
  readonly exchange?: Exchange;
  /** The time up to which holds are looked at. */
  readonly nowMs: number;
};

/**
 * The books that a player's facts deserve: a pure function of the set of facts, not of their order, number or
 * arrival. Binding: the earliest registration, else the first deposit. First deposit: the earliest confirmed and
 * unblocked one by its own time; taken back it stays the first, and no later one inherits its commission.
 */
export function settlePlayer(input: SettlementInput): Books {
  const ordered = applyRulings(distinct(input.facts)).sort(byOwnTime);
  const { registrations, registration, deposits, first, bindingEvent } = standingOf(ordered);
  const binding =
    bindingEvent === null
      ? null
      : bindPlayer(bindingEvent, registration === null, ordered, input, input.deals);
  const { exchange = NO_RATES } = input;
  const conversions: DeservedConversion[] = [
    ...registrations.map((fact) => registrationConversion(fact, fact === registration, binding)),
    ...deposits.map((deposit) => depositConversion(deposit, deposit === first, binding, exchange)),
    ...ordered.filter(isAlone).map((fact) => soloConversion(fact, input, binding)),
  ];
  return { binding, ...finish(conversions, ordered, binding, input), ltv: playerValues(deposits, ordered) };
}

/**
 * The times at which touches are held against their windows: of the event that binds the player, and of each that
 * stands alone and names a click. No other event is credited by its own time.
 */
export function creditedTimesMs(facts: readonly Fact[]): number[] {
  const ordered = applyRulings(distinct(facts)).sort(byOwnTime);
  const { bindingEvent } = standingOf(ordered);
  const alone = ordered.filter((fact) => isAlone(fact) && fact.clickId !== null);
  return [...(bindingEvent === null ? [] : [bindingEvent]), ...alone].map(({ occurredAtMs }) => occurredAtMs);
}

/** Which of a player's events stand: his registration, his first deposit, and the one of them that binds him. */
function standingOf(ordered: readonly Fact[]) {
  const registrations = ordered.filter((fact) => fact.kind === 'registration');
  const registration = registrations.find((fact) => fact.outcome !== 'block') ?? null;
  const deposits = deriveDeposits(ordered);
  const first = deposits.find(
    (deposit) => deposit.confirmed !== null && deposit.confirmed.outcome !== 'block',
  );
  return {
    registrations,
    registration,
    deposits,
    first,
    bindingEvent: registration ?? first?.confirmed ?? null,
  };
}

/** What exclusions, caps and holds leave of what the conversions would earn, in this order: an excluded player takes no slot. */
function finish(
  conversions: readonly DeservedConversion[],
  facts: readonly Fact[],
  binding: Binding | null,
  { slots = new Map(), nowMs }: SettlementInput,
): Pick<Books, 'conversions' | 'slotRequests' | 'dueAtMs'> {
  const exclusions = exclusionsOf(facts);
  const deals = new Map([...(binding?.deals.values() ?? [])].map((deal) => [deal.dealId, deal]));
  const allowed = conversions
    .map((conversion) => withoutCommission(conversion, exclusions))
    .sort(byStandingTime);
  const capped = withCaps(allowed, deals, slots);
  const held = capped.conversions.map((conversion) => withHold(conversion, deals, nowMs));
  return { conversions: held, slotRequests: capped.requests, dueAtMs: nextHoldEndMs(held) };
}

/** The books of an event that names no player, and of the rulings on it: one conversion, credited by its own click and time. */
export function settleClickEvent(facts: readonly Fact[], touches: Touches): Books {
  const [fact, ...others] = applyRulings(facts).filter(isSolo);
  if (fact === undefined || others.length > 0) throw new Error('one event is settled without a player');
  const conversion = soloConversion(fact, touches, null);
  return { binding: null, conversions: [conversion], ltv: [], slotRequests: [], dueAtMs: null };
}

/** Credited by its own time, whatever binds its player. */
function isAlone(fact: Fact): fact is InstallFact | LeadFact | SaleFact {
  return fact.kind === 'install' || fact.kind === 'lead' || fact.kind === 'sale';
}

/** A registration that names no player is counted like an install: it binds nobody and is paid to nobody. */
function isSolo(fact: Fact): fact is InstallFact | LeadFact | SaleFact | RegistrationFact {
  return isAlone(fact) || fact.kind === 'registration';
}

/** Each event once, however often it is listed. */
function distinct(facts: readonly Fact[]): Fact[] {
  return [...new Map(facts.map((fact) => [fact.eventId, fact])).values()];
}

function byStandingTime(a: DeservedConversion, b: DeservedConversion): number {
  return byOwnTime(a.fact, b.fact) || (a.kind < b.kind ? -1 : 1);
}
