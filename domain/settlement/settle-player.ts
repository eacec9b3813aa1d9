import { type Binding, bindPlayer } from '../attribution/binding';
import {
  byOwnTime,
  type Deal,
  type Fact,
  type InstallFact,
  type LeadFact,
  type RegistrationFact,
  type SaleFact,
  type Touch,
} from '../facts';
import type { ClickId } from '../ids';
import { playerValues } from '../ltv/player-value';
import type { Books, DeservedConversion } from './books';
import { depositConversion } from './deposit-conversion';
import { deriveDeposits } from './deposits';
import { exclusionsOf, withoutCommission } from './exclusion';
import { registrationConversion, soloConversion } from './plain-conversions';

export type SettlementInput = {
  /** Every assessed, matched event of the player, in any order. */
  readonly facts: readonly Fact[];
  /** The clicks that the facts name, as far as they exist. */
  readonly clicks: ReadonlyMap<ClickId, Touch>;
  /** All deal versions of the partners of those clicks. */
  readonly deals: readonly Deal[];
};

/**
 * The books that a player's facts deserve: a pure function of the set of facts, not of their order, number or
 * arrival. Binding: the earliest registration, else the first deposit. First deposit: the earliest confirmed and
 * unblocked one by its own time; taken back it stays the first, and no later one inherits its commission.
 */
export function settlePlayer({ facts, clicks, deals }: SettlementInput): Books {
  const ordered = distinct(facts).sort(byOwnTime);
  const registrations = ordered.filter((fact) => fact.kind === 'registration');
  const registration = registrations.find((fact) => fact.outcome !== 'block') ?? null;
  const deposits = deriveDeposits(ordered);
  const first = deposits.find(
    (deposit) => deposit.confirmed !== null && deposit.confirmed.outcome !== 'block',
  );
  const bindingEvent = registration ?? first?.confirmed ?? null;
  const binding =
    bindingEvent === null ? null : bindPlayer(bindingEvent, registration === null, ordered, clicks, deals);
  const conversions: DeservedConversion[] = [
    ...registrations.map((fact) => registrationOf(fact, registration, binding)),
    ...deposits.map((deposit) => depositConversion(deposit, deposit === first, binding)),
    ...ordered
      .filter((fact) => fact.kind === 'install' || fact.kind === 'lead' || fact.kind === 'sale')
      .map((fact) => soloConversion(fact, clicks, binding)),
  ];
  const exclusions = exclusionsOf(ordered);
  return {
    binding,
    conversions: conversions
      .map((conversion) => withoutCommission(conversion, exclusions))
      .sort(byStandingTime),
    ltv: playerValues(deposits, ordered),
  };
}

/** The books of an event that names no player: one conversion, credited by its own click and time. */
export function settleClickEvent(fact: Fact, clicks: ReadonlyMap<ClickId, Touch>): Books {
  if (!isSolo(fact)) {
    throw new Error(`a ${fact.kind} belongs to a player`);
  }
  return { binding: null, conversions: [soloConversion(fact, clicks, null)], ltv: [] };
}

/** A registration that names no player is counted like an install: it binds nobody and is paid to nobody. */
function isSolo(fact: Fact): fact is InstallFact | LeadFact | SaleFact | RegistrationFact {
  return ['install', 'lead', 'sale', 'registration'].includes(fact.kind);
}

/** Each event once, however often it is listed. */
function distinct(facts: readonly Fact[]): Fact[] {
  return [...new Map(facts.map((fact) => [fact.eventId, fact])).values()];
}

function registrationOf(
  fact: RegistrationFact,
  standing: RegistrationFact | null,
  binding: Binding | null,
): DeservedConversion {
  return registrationConversion(fact, fact === standing, binding);
}

function byStandingTime(a: DeservedConversion, b: DeservedConversion): number {
  return byOwnTime(a.fact, b.fact) || (a.kind < b.kind ? -1 : 1);
}
