import type { Binding } from '../attribution/binding';
import { shareCredit } from '../attribution/credits';
import { lastTouch } from '../attribution/last-touch';
import type { InstallFact, LeadFact, RegistrationFact, SaleFact, Touch } from '../facts';
import type { ClickId } from '../ids';
import type { DeservedConversion } from './books';
import { describeInputs } from './inputs';

/** A registration: recorded and credited, never paid. Only the earliest unblocked one of a player stands. */
export function registrationConversion(
  fact: RegistrationFact,
  isStanding: boolean,
  binding: Binding | null,
): DeservedConversion {
  const touch = isStanding ? (binding?.touch ?? null) : null;
  const refusal = fact.outcome === 'block' ? 'fraud_blocked' : isStanding ? null : 'already_registered';
  return {
    kind: 'registration',
    transactionKey: fact.transactionKey,
    fact,
    status: refusal === null ? 'approved' : 'rejected',
    reason: refusal ?? (touch === null ? (binding?.reason ?? 'no_touch') : null),
    isFirstDeposit: false,
    value: null,
    model: touch?.model ?? 'last_touch',
    credits: touch === null ? [] : shareCredit([{ touch, weight: 1n }], null),
    lines: [],
    chargebacks: [],
    inputs: describeInputs({
      facts: [fact],
      isStanding,
      touch,
      noTouchReason: isStanding ? (binding?.reason ?? null) : null,
    }),
  };
}

/**
 * An install, lead or sale, or a registration of nobody known: recorded, unpaid, credited to the click it names if that click's window holds it, or
 * to the player's bound click once the player is bound.
 */
export function soloConversion(
  fact: InstallFact | LeadFact | SaleFact | RegistrationFact,
  clicks: ReadonlyMap<ClickId, Touch>,
  binding: Binding | null,
): DeservedConversion {
  const { touch, reason } = soloTouch(fact, clicks, binding);
  const value = fact.kind === 'sale' ? fact.money : null;
  const isBlocked = fact.outcome === 'block';
  return {
    kind: fact.kind,
    transactionKey: fact.transactionKey,
    fact,
    status: isBlocked ? 'rejected' : 'approved',
    reason: isBlocked ? 'fraud_blocked' : reason,
    isFirstDeposit: false,
    value,
    model: touch?.model ?? 'last_touch',
    credits: touch === null || isBlocked ? [] : shareCredit([{ touch, weight: 1n }], value),
    lines: [],
    chargebacks: [],
    inputs: describeInputs({ facts: [fact], isStanding: true, touch, noTouchReason: reason }),
  };
}

function soloTouch(
  fact: InstallFact | LeadFact | SaleFact | RegistrationFact,
  clicks: ReadonlyMap<ClickId, Touch>,
  binding: Binding | null,
): { touch: Touch | null; reason: string | null } {
  const own = fact.clickId === null ? undefined : clicks.get(fact.clickId);
  const choice = lastTouch(own === undefined ? [] : [own], fact.occurredAtMs);
  if (choice.found) return { touch: choice.touch, reason: null };
  const bound = binding?.touch ?? null;
  if (bound !== null && binding !== null && fact.occurredAtMs >= binding.event.occurredAtMs) {
    return { touch: bound, reason: null };
  }
  return {
    touch: null,
    reason: own === undefined && fact.clickId !== null ? 'unknown_click' : choice.reason,
  };
}
