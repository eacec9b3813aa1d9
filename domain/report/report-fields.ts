import type { DepositStatus, EventKind, Period } from '../facts';
import type { Money } from '../money';

/** What a report says beside its kind, under our names, each value checked by itself. Plain JSON: it can be stored. */
export type ReportFields = {
  readonly eventId?: string | null | undefined;
  readonly transactionId?: string | null | undefined;
  readonly playerId?: string | null | undefined;
  readonly clickId?: string | null | undefined;
  readonly occurredAt?: number | null | undefined;
  readonly amount?: string | number | null | undefined;
  readonly currency?: string | null | undefined;
  readonly status?: DepositStatus | null | undefined;
  readonly depositEventId?: string | undefined;
  /** Of a chargeback or a refund: why. */
  readonly reason?: string | null | undefined;
  /** When the player's device began to install, as its store tells. */
  readonly installBeginAt?: number | null | undefined;
  readonly period?: Period | null | undefined;
  readonly until?: number | null | undefined;
  readonly country?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly city?: string | null | undefined;
  readonly product?: string | null | undefined;
  readonly ngr?: string | number | null | undefined;
  readonly test?: boolean | null | undefined;
  readonly emailVerified?: boolean | null | undefined;
  readonly kycStatus?: string | null | undefined;
  /** Why a measurement partner has rejected it. */
  readonly rejectionReason?: string | null | undefined;
};

/** A fact as its sender states it; who that is, and how far he is trusted, is not its business. */
export type ReportedFact = {
  readonly kind: EventKind;
  readonly senderEventId: string;
  /** The sender's transactionId, else its event id. */
  readonly transactionKey: string;
  /** Deposits and withdrawals have one, other kinds never. */
  readonly status: DepositStatus | null;
  /** Of a chargeback: the sender's event id, else transaction id, of the deposit that is taken back. */
  readonly refersTo: string | null;
  /** The click as the sender wrote it; it need not have our form. */
  readonly clickRef: string | null;
  /** The casino's own id of the player. */
  readonly playerExternalId: string | null;
  readonly money: Money | null;
  /** Of NGR, and of nothing else: what it covers. */
  readonly period?: Period;
  /** Of a self-exclusion: when it ends; without it, never. */
  readonly untilMs?: number;
  /** Null when the sender gave no time: the time of receipt stands in. */
  readonly occurredAtMs: number | null;
  /** What is known of the event without being personal. `unknownFields` counts those kept in the raw body only. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isTest: boolean;
};
