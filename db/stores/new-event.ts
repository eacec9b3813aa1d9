import type { DepositStatus, EventKind, Period, Trust } from '../../domain/facts';
import type { BrandId, SourceId, WorkspaceId } from '../../domain/ids';
import type { Money } from '../../domain/money';

/** A fact reported from outside, translated out of its dialect and checked, with who reported it. */
export type NewEvent = {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly sourceId: SourceId;
  readonly trust: Trust;
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
  /** Personal data and the body as sent; kept apart so that it can expire. */
  readonly raw: { readonly body: unknown; readonly ip: string | null; readonly userAgent: string | null };
};
