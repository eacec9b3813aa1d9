import type { AttributionModel } from './attribution/models';
import type { Outcome } from './fraud/verdict';
import type { CampaignId, ClickId, EventId, ImpressionId, PartnerId, VisitorId } from './ids';
import type { Money } from './money';

/** What can be reported from outside. `signup` is an alias of registration and never stored. */
export const REPORTED_KINDS = [
  'install',
  'lead',
  'registration',
  'sale',
  'deposit',
  'withdrawal',
  'ngr',
  'chargeback',
  'self_exclusion',
] as const;
export type ReportedKind = (typeof REPORTED_KINDS)[number];

/** What can become a fact: what is reported, and what an operator rules. */
export const EVENT_KINDS = [...REPORTED_KINDS, 'ruling'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * The statuses of a deposit, and of a withdrawal, lowest rank first. They are successive facts: the highest rank that was
 * ever reported counts, whatever arrived last. Confirmed outranks failed, because a failed payment may be retried.
 */
export const DEPOSIT_STATUSES = ['pending', 'failed', 'confirmed', 'reversed'] as const;
export type DepositStatus = (typeof DEPOSIT_STATUSES)[number];

/** How far a report can be trusted: a signature or a key may pay, a public pixel may only inform. */
export const TRUSTS = ['signed', 'keyed', 'public'] as const;
export type Trust = (typeof TRUSTS)[number];

/** What a fact is told apart and ordered by. */
export type FactIdentity = {
  readonly eventId: EventId;
  /** The sender's own key of the transaction (its transactionId, else its eventId): ties are broken by it. */
  readonly transactionKey: string;
  readonly senderEventId: string;
  /** The event's own time. Arrival decides nothing. */
  readonly occurredAtMs: number;
};

type FactBase = FactIdentity & {
  /** Who said so. It decides no money, because a public fact has no player; it is told along with the fact. */
  readonly trust: Trust;
  /** The click that the sender named or an operator matched; the click row may be missing. */
  readonly clickId: ClickId | null;
  /** What the rules say of it; once a person has ruled on its conversion, what that person says. */
  readonly outcome: Outcome;
  /** The ruling that gave the outcome; absent while the rules' own stands. */
  readonly ruledBy?: RulingFact;
};

export type InstallFact = FactBase & { readonly kind: 'install' };
export type LeadFact = FactBase & { readonly kind: 'lead' };
export type RegistrationFact = FactBase & { readonly kind: 'registration' };
export type SaleFact = FactBase & { readonly kind: 'sale'; readonly money: Money | null };
export type DepositFact = FactBase & {
  readonly kind: 'deposit';
  readonly status: DepositStatus;
  readonly money: Money;
};
export type ChargebackFact = FactBase & {
  readonly kind: 'chargeback';
  /** The sender's event id, else transaction id, of the deposit that is taken back. */
  readonly refersTo: string;
  readonly money: Money;
};

/** Money that the casino has paid out to the player. */
export type WithdrawalFact = FactBase & {
  readonly kind: 'withdrawal';
  readonly status: DepositStatus;
  readonly money: Money;
};
/** Net gaming revenue of one period, as the casino supplies and restates it; may be negative. */
export type NgrFact = FactBase & {
  readonly kind: 'ngr';
  readonly period: Period;
  readonly money: Money;
};
export type SelfExclusionFact = FactBase & {
  readonly kind: 'self_exclusion';
  /** When the player may play again; null: never. */
  readonly untilMs: number | null;
};

export const DECISIONS = ['approve', 'reject'] as const;
export type Decision = (typeof DECISIONS)[number];

/** A person's, or the time-out policy's, word on one conversion. It outranks every rule and every earlier ruling. */
export type RulingFact = FactBase & {
  readonly kind: 'ruling';
  readonly decision: Decision;
  readonly on: { readonly kind: Fact['kind']; readonly transactionKey: string };
  /** The revision of the conversion that was ruled on. Each is ruled on once, so the highest is the last word. */
  readonly revision: number;
};

/** A span of time: its first millisecond, and the first one after it. */
export type Period = { readonly fromMs: number; readonly toMs: number };

/** An assessed, immutable event as settlement sees it. */
export type Fact =
  | InstallFact
  | LeadFact
  | RegistrationFact
  | SaleFact
  | DepositFact
  | WithdrawalFact
  | NgrFact
  | ChargebackFact
  | SelfExclusionFact
  | RulingFact;

/** Kinds that happen to a click once, as far as a stranger can tell: of such a report nothing but click and kind is believed. */
export const ONCE_PER_CLICK: ReadonlySet<EventKind> = new Set(['install', 'lead', 'registration']);

/** Kinds that decide money or stop it: a public report of one proves nothing and is never taken. */
export const NEVER_PUBLIC: ReadonlySet<EventKind> = new Set([
  'deposit',
  'withdrawal',
  'ngr',
  'chargeback',
  'self_exclusion',
  'ruling',
]);

type TouchBase = {
  readonly visitorId: VisitorId;
  readonly campaignId: CampaignId;
  readonly partnerId: PartnerId | null;
  /** The last millisecond at which an event still belongs to the touch. */
  readonly expiresAtMs: number;
  /** The verdict on it, `allow` until it was screened. A blocked touch is never credited. */
  readonly outcome: Outcome;
};

/** A click as a candidate for credit, with the terms of the campaign's version under which it was made. */
export type ClickTouch = TouchBase & {
  readonly kind: 'click';
  readonly clickId: ClickId;
  readonly clickedAtMs: number;
  readonly model: AttributionModel;
  /** Of time decay. */
  readonly halfLifeDays: number;
  /** Nobody sent the visitor: no partner, no ad platform, no named source. */
  readonly isDirect: boolean;
  /** Whether the campaign lets registrations be paid; for gambling they are not. */
  readonly paysRegistrations: boolean;
};

/** An impression that was seen. It may be credited when there is no click, and is never paid. */
export type ViewTouch = TouchBase & {
  readonly kind: 'view';
  readonly impressionId: ImpressionId;
  readonly viewedAtMs: number;
};

export type Touch = ClickTouch | ViewTouch;

/**
 * Order of two facts by their own time. Equal times are ordered by the sender's key and never by our ids,
 * which follow arrival.
 */
export function byOwnTime(a: FactIdentity, b: FactIdentity): number {
  if (a.occurredAtMs !== b.occurredAtMs) return a.occurredAtMs - b.occurredAtMs;
  if (a.transactionKey !== b.transactionKey) return a.transactionKey < b.transactionKey ? -1 : 1;
  return a.senderEventId < b.senderEventId ? -1 : a.senderEventId > b.senderEventId ? 1 : 0;
}
