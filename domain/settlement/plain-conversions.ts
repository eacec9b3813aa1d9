import type { Binding, Touches } from '../attribution/binding';
import { registrationEarnings } from '../commission/earnings';
import type { Fact, InstallFact, LeadFact, RegistrationFact, SaleFact } from '../facts';
import type { ConversionStatus, DeservedConversion } from './books';
import { type Crediting, creditAlone, creditByBinding, creditsOf, UNCREDITED } from './credit';
import { describeInputs } from './inputs';
import { IN_REVIEW, refusalOf } from './rulings';

/**
 * A registration of a player: recorded, credited, and paid only by a deal per registration. Only the earliest
 * unblocked one of a player stands.
 */
export function registrationConversion(
  fact: RegistrationFact,
  isStanding: boolean,
  binding: Binding | null,
): DeservedConversion {
  const crediting = isStanding ? creditByBinding(binding, true) : UNCREDITED;
  const refusal = refusalOf(fact) ?? (isStanding ? null : 'already_registered');
  const { status, reason } = standingOf(fact, refusal, crediting);
  const lines = status === 'approved' && binding !== null ? registrationEarnings(binding) : [];
  return {
    ...plain(fact, status, reason, crediting),
    value: null,
    credits: creditsOf(crediting, null),
    lines,
    inputs: describeInputs({
      ...crediting,
      facts: [fact],
      isStanding,
      noTouchReason: isStanding ? crediting.reason : null,
      // A deal that pays for no registration decides nothing here.
      dealIds: lines.map(({ dealId }) => dealId),
    }),
  };
}

/** An install, lead or sale, or a registration of nobody known: recorded, credited, never paid. */
export function soloConversion(
  fact: InstallFact | LeadFact | SaleFact | RegistrationFact,
  touches: Touches,
  binding: Binding | null,
): DeservedConversion {
  const crediting = creditAlone(fact, touches, binding);
  const value = fact.kind === 'sale' ? fact.money : null;
  const refusal = refusalOf(fact);
  const { status, reason } = standingOf(fact, refusal, crediting);
  return {
    ...plain(fact, status, reason, crediting),
    value,
    credits: refusal === null ? creditsOf(crediting, value) : [],
    lines: [],
    inputs: describeInputs({
      ...crediting,
      facts: [fact],
      isStanding: true,
      noTouchReason: crediting.reason,
    }),
  };
}

function standingOf(
  { outcome }: Fact,
  refusal: string | null,
  crediting: Crediting,
): { status: ConversionStatus; reason: string | null } {
  if (refusal !== null) return { status: 'rejected', reason: refusal };
  if (outcome === 'review') return { status: 'pending', reason: IN_REVIEW };
  return { status: 'approved', reason: crediting.reason };
}

function plain(
  fact: InstallFact | LeadFact | SaleFact | RegistrationFact,
  status: ConversionStatus,
  reason: string | null,
  crediting: Crediting,
) {
  return {
    kind: fact.kind,
    transactionKey: fact.transactionKey,
    fact,
    status,
    reason,
    isFirstDeposit: false,
    model: crediting.model,
    losing: crediting.losing,
    exchanged: [],
    chargebacks: [],
  };
}
