import type { Currency } from '../../domain/currencies';
import type { Outcome, Reason, Verdict } from '../../domain/fraud/verdict';
import { type Id, type IdPrefix, idFromUuid, uuidFromId } from '../../domain/ids';
import { formatMinor } from '../../domain/money';

/** An amount as the API shows it: a decimal string and its currency. */
export type Amount = { readonly amount: string; readonly currency: string };

export function nullableId<P extends IdPrefix>(prefix: P, uuid: string | null): Id<P> | null {
  return uuid === null ? null : idFromUuid(prefix, uuid);
}

/** A filter that is not given is NULL in SQL. */
export function nullableUuid(id: Id<IdPrefix> | undefined): string | null {
  return id === undefined ? null : uuidFromId(id);
}

export function nullableIso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

export function nullableAmount(amountMinor: bigint | null, currency: Currency | null): Amount | null {
  if (amountMinor === null || currency === null) return null;
  return { amount: formatMinor(amountMinor, currency), currency };
}

/** The columns of a left-joined verdict. */
export type VerdictColumns = {
  readonly outcome: Outcome | null;
  readonly score: number | null;
  readonly reasons: readonly Reason[] | null;
};

export function nullableVerdict({ outcome, score, reasons }: VerdictColumns): Verdict | null {
  return outcome === null || score === null || reasons === null ? null : { outcome, score, reasons };
}
